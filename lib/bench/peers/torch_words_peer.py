"""PyTorch as a peer of unroll bench --words: nn.Embedding, nn.RNN, nn.LSTM or nn.GRU, nn.Linear, cross entropy, clipping, SGD.

What torch_turns.py says; behind the 's' come 7 int32 (cell 0 RNN, 1 LSTM, 2 GRU; hidden; layers; words; batch; steps; threads),
float32 learning rate and norm to clip to, the weights in PyTorch's order, then words that are read and that are to be told, int32
(B, T) each. Its answer is 0."""
import struct
import sys

sys.dont_write_bytecode = True  # of the file beside this one, whose folder may be another user's
import torch_turns  # it ends where there is no PyTorch
import torch


class Words(torch_turns.Side):
    def __init__(self):
        cell, hidden, layers, self.words, batch, steps, threads = struct.unpack("7i", torch_turns.receive(28))
        rate, self.clip = struct.unpack("2f", torch_turns.receive(8))
        torch.set_num_threads(threads)
        self.embedding = torch.nn.Embedding(self.words, hidden)
        self.stack = (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)[cell](hidden, hidden, layers)
        self.head = torch.nn.Linear(hidden, self.words)
        self.weights = [w for part in (self.embedding, self.stack, self.head) for w in part.parameters()]
        self.receive_weights()
        shape = torch.Size((batch, steps))
        self.read = torch_turns.receive_tensor(shape, torch.int32).long().t().contiguous()  # (T, B)
        self.told = torch_turns.receive_tensor(shape, torch.int32).long().t().reshape(-1)
        self.optimizer = torch.optim.SGD(self.weights, lr=rate)
        self.state = None

    def gradient(self):
        """The states go on without their history."""
        self.optimizer.zero_grad(set_to_none=True)
        y, state = self.stack(self.embedding(self.read), self.state)
        self.state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss = torch.nn.functional.cross_entropy(self.head(y).reshape(-1, self.words), self.told)
        loss.backward()
        return loss


torch_turns.serve(Words)
