"""What the sides of PyTorch in lib/bench/torch_turns.c have in common: the pipe, the check of five steps, and the timed steps.

Over its standard input such a side is told:
  's' and what its own file says. Answers with an int32, 0 or more.
  'c' it trains five steps, and answers with float32 the first loss, the norm of its gradient, and the loss after them.
  'r' and an int32: so many steps; answers with an int64, the nanoseconds that they took.
  'q' the end."""
import math
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


class Side:
    """A model that trains. Its own class reads it from the pipe: `weights`, in the order in which they come; `optimizer`; `clip`,
    the norm that the gradient is clipped to, 0: it is not; and has gradient(), which leaves the weights' gradients and gives the
    loss."""

    ready = 0  # the answer to 's'

    def receive_weights(self):
        with torch.no_grad():
            for weight in self.weights:
                weight.copy_(receive_tensor(weight.shape, torch.float32))

    def step(self):
        self.gradient()
        if self.clip > 0:
            torch.nn.utils.clip_grad_norm_(self.weights, self.clip)
        self.optimizer.step()

    def check(self):
        loss = self.gradient()
        norm = torch.nn.utils.clip_grad_norm_(self.weights, self.clip if self.clip > 0 else math.inf)
        self.optimizer.step()
        for _ in range(CHECKED_STEPS - 1):
            self.step()
        reply("3f", loss.item(), norm.item(), self.gradient().item())

    def run(self):
        repeats, = struct.unpack("i", receive(4))
        start = time.monotonic_ns()
        for _ in range(repeats):
            self.step()
        reply("q", time.monotonic_ns() - start)


def serve(make):
    """Answers until the end; make() reads what follows an 's'."""
    side = None
    while True:
        word = source.read(1)
        if word == b"s":
            side = make()
            reply("i", side.ready)
        elif word == b"c":
            side.check()
        elif word == b"r":
            side.run()
        else:
            break
