"""PyTorch as a peer of unroll bench --peers: nn.RNN, nn.LSTM, nn.GRU with Adam; with layer norm inside, which these have not, a
loop over the steps. The protocol is that of peer.c."""
import struct
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(3)

source, sink = sys.stdin.buffer, sys.stdout.buffer


def receive(size):
    data = source.read(size)
    if len(data) < size:
        sys.exit(0)
    return data


def receive_floats(*shape):
    count = 1
    for n in shape:
        count *= n
    return torch.frombuffer(bytearray(receive(4 * count)), dtype=torch.float32).reshape(shape).clone()


def reply(*tensors):
    for tensor in tensors:
        sink.write(bytes(tensor.detach().contiguous().flatten().view(torch.uint8).numpy()))
    sink.flush()


def rnn_step(given, product, states, norm):
    return (torch.tanh(given + product),)


def lstm_step(given, product, states, norm):
    i, f, g, o = (given + product).chunk(4, -1)
    c = torch.sigmoid(f) * states[1] + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(norm(c)), c


def gru_step(given, product, states, norm):
    (r, z, n), (r_h, z_h, n_h) = given.chunk(3, -1), product.chunk(3, -1)
    n = torch.tanh(n + torch.sigmoid(r + r_h) * n_h)
    return (n + torch.sigmoid(z + z_h) * (states[0] - n),)


class Normed(torch.nn.Module):
    """A loop over the steps of a cell with layer norm of both products, of `together` gates at once and of the others, and of an
    LSTM's c. The input's product and its norm are taken of all steps at once."""

    def __init__(self, cell, inputs, hidden):
        super().__init__()
        self.step, gates, self.together, states = ((rnn_step, 1, hidden, 1), (lstm_step, 4, 4 * hidden, 2),
                                                   (gru_step, 3, 2 * hidden, 1))[cell]
        self.zero = (torch.zeros(hidden),) * states
        shapes = {"weight_ih": (gates * hidden, inputs), "weight_hh": (gates * hidden, hidden), "bias_ih": (gates * hidden,),
                  "bias_hh": (gates * hidden,), "weight_norm_ih": (gates * hidden,), "weight_norm_hh": (gates * hidden,)}
        if states > 1:
            shapes.update(weight_norm_c=(hidden,), bias_norm_c=(hidden,))
        for name, shape in shapes.items():
            setattr(self, name + "_l0", torch.nn.Parameter(torch.empty(shape)))

    def norm(self, x, side):
        weight, bias = getattr(self, f"weight_norm_{side}_l0"), getattr(self, f"bias_{side}_l0")
        parts = (slice(0, self.together), slice(self.together, None))
        normed = [torch.nn.functional.layer_norm(x[..., part], weight[part].shape, weight[part], bias[part])
                  for part in parts if len(weight[part]) > 0]
        return normed[0] if len(normed) == 1 else torch.cat(normed, -1)

    def norm_state(self, c):
        return torch.nn.functional.layer_norm(c, c.shape[-1:], self.weight_norm_c_l0, self.bias_norm_c_l0)

    def forward(self, x, states=None):
        states, y = states or tuple(zero.expand(x.shape[1], -1) for zero in self.zero), []
        for given in self.norm(x @ self.weight_ih_l0.T, "ih"):
            product = self.norm(states[0] @ self.weight_hh_l0.T, "hh")
            states = self.step(given, product, states, self.norm_state)
            y.append(states[0])
        return torch.stack(y), states


class Peer:
    def __init__(self):
        cell, self.hidden, inputs, batch, self.steps, threads, self.streaming, norm = struct.unpack("8i", receive(32))
        torch.set_num_threads(threads)
        make = (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)[cell]
        self.layer = Normed(cell, inputs, self.hidden) if norm else make(inputs, self.hidden)
        self.head = torch.nn.Linear(self.hidden, 1)
        with torch.no_grad():
            for weight in (*self.layer.parameters(), *self.head.parameters()):
                weight.copy_(receive_floats(*weight.shape))
        self.x = receive_floats(self.steps, batch, inputs)
        self.target = receive_floats(batch)
        self.state = None
        if not self.streaming:
            self.x.requires_grad_(True)
        self.adam = torch.optim.Adam([*self.layer.parameters(), *self.head.parameters()])

    def gradient(self):
        self.adam.zero_grad(set_to_none=True)
        self.x.grad = None
        y, _ = self.layer(self.x)
        loss = ((self.head(y[-1])[:, 0] - self.target) ** 2).mean()
        loss.backward()
        return loss, y[-1]

    def step(self):
        if self.streaming:
            self.stream(0)
        else:
            self.gradient()
            self.adam.step()

    def stream(self, t):
        with torch.inference_mode():
            y, self.state = self.layer(self.x[t:t + 1], self.state)
        return y[0]

    def check(self):
        if self.streaming:
            for t in range(self.steps):
                h = self.stream(t)
            reply(h)
            return
        loss, h = self.gradient()
        reply(loss, h, self.x.grad, self.layer.weight_ih_l0.grad, self.layer.weight_hh_l0.grad)
        for _ in range(5):
            self.step()
        reply(self.gradient()[0])

    def run(self):
        repeats, = struct.unpack("i", receive(4))
        start = time.monotonic_ns()
        for _ in range(repeats):
            self.step()
        sink.write(struct.pack("q", time.monotonic_ns() - start))
        sink.flush()


peer = None
while True:
    word = source.read(1)
    if word == b"s":
        peer = Peer()
        sink.write(struct.pack("i", 0))
        sink.flush()
    elif word == b"c":
        peer.check()
    elif word == b"r":
        peer.run()
    elif word == b"e":
        peer = None
    else:
        break
