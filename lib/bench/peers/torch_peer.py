"""PyTorch as a peer of unroll bench --peers: nn.RNN, nn.LSTM, nn.GRU with Adam. The protocol is that of peer.c."""
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


class Peer:
    def __init__(self):
        cell, self.hidden, inputs, batch, self.steps, threads, self.streaming = struct.unpack("7i", receive(28))
        gates = (1, 4, 3)[cell]
        torch.set_num_threads(threads)
        self.layer = (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)[cell](inputs, self.hidden)
        self.head = torch.nn.Linear(self.hidden, 1)
        with torch.no_grad():
            self.layer.weight_ih_l0.copy_(receive_floats(gates * self.hidden, inputs))
            self.layer.weight_hh_l0.copy_(receive_floats(gates * self.hidden, self.hidden))
            self.layer.bias_ih_l0.copy_(receive_floats(gates * self.hidden))
            self.layer.bias_hh_l0.copy_(receive_floats(gates * self.hidden))
            self.head.weight.copy_(receive_floats(1, self.hidden))
            self.head.bias.copy_(receive_floats(1))
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
