"""PyTorch as a peer of unroll bench --words: nn.Embedding, nn.RNN, nn.LSTM or nn.GRU, nn.Linear, cross entropy, clipping, SGD.

Over its standard input it is told:
  's', 7 int32 (cell 0 RNN, 1 LSTM, 2 GRU; hidden; layers; words; batch; steps; threads), float32 learning rate and norm to clip
      to, the weights in PyTorch's order, then words that are read and that are to be told, int32 (B, T) each. Answers int32 0.
  'c' it trains five steps, and answers with float32 the first loss, the norm of its gradient, and the loss after them.
  'r' and an int32: so many steps; answers with an int64, the nanoseconds that they took.
  'q' the end."""
import struct
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(3)

CHECKED_STEPS = 5
source, sink = sys.stdin.buffer, sys.stdout.buffer


def receive(size):
    data = source.read(size)
    if len(data) < size:
        sys.exit(0)
    return data


def receive_tensor(shape, dtype):
    return torch.frombuffer(bytearray(receive(4 * shape.numel())), dtype=dtype).reshape(shape).clone()


def reply(form, *values):
    sink.write(struct.pack(form, *values))
    sink.flush()


class Peer:
    def __init__(self):
        cell, hidden, layers, self.words, batch, steps, threads = struct.unpack("7i", receive(28))
        rate, self.clip = struct.unpack("2f", receive(8))
        torch.set_num_threads(threads)
        self.embedding = torch.nn.Embedding(self.words, hidden)
        self.stack = (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)[cell](hidden, hidden, layers)
        self.head = torch.nn.Linear(hidden, self.words)
        self.weights = [w for part in (self.embedding, self.stack, self.head) for w in part.parameters()]
        with torch.no_grad():
            for weight in self.weights:
                weight.copy_(receive_tensor(weight.shape, torch.float32))
        shape = torch.Size((batch, steps))
        self.read = receive_tensor(shape, torch.int32).long().t().contiguous()  # (T, B)
        self.told = receive_tensor(shape, torch.int32).long().t().reshape(-1)
        self.sgd = torch.optim.SGD(self.weights, lr=rate)
        self.state = None

    def gradient(self):
        """Loss and norm of the gradient, which is then clipped; the states go on without their history."""
        self.sgd.zero_grad(set_to_none=True)
        y, state = self.stack(self.embedding(self.read), self.state)
        self.state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss = torch.nn.functional.cross_entropy(self.head(y).reshape(-1, self.words), self.told)
        loss.backward()
        return loss, torch.nn.utils.clip_grad_norm_(self.weights, self.clip)

    def step(self):
        numbers = self.gradient()
        self.sgd.step()
        return numbers

    def check(self):
        loss, norm = self.step()
        for _ in range(CHECKED_STEPS - 1):
            self.step()
        reply("3f", loss.item(), norm.item(), self.gradient()[0].item())

    def run(self):
        repeats, = struct.unpack("i", receive(4))
        start = time.monotonic_ns()
        for _ in range(repeats):
            self.step()
        reply("q", time.monotonic_ns() - start)


peer = None
while True:
    word = source.read(1)
    if word == b"s":
        peer = Peer()
        reply("i", 0)
    elif word == b"c":
        peer.check()
    elif word == b"r":
        peer.run()
    else:
        break
