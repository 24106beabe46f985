#!/usr/bin/env python3
"""Loads a model that `unroll train --save` wrote into PyTorch's nn.RNN, nn.LSTM or nn.GRU, by the names of its weights.

    python3 tests/torch_load.py input MODEL.h5 INPUT.h5                 random sequences of unequal lengths for the model
    python3 tests/torch_load.py compare MODEL.h5 INPUT.h5 OUTPUT.h5     what `unroll predict` made of them, and PyTorch

compare prints how far apart the two are, as a share of the largest magnitude of each tensor, and fails above 1e-5.
load(path) is what a program of one's own would use: it returns the recurrent module, the head and the file's attributes.
"""
import sys

import h5py
import numpy
import torch
from torch import nn

TOLERANCE = 1e-5


def load(path):
    with h5py.File(path) as file:
        said = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in file.attrs.items()}
        recurrent = {name: torch.from_numpy(data[()]) for name, data in file["rnn"].items()}
        head = {name: torch.from_numpy(data[()]) for name, data in file["head"].items()}
    cell, layers = said["setting:model"], int(said["setting:layers"])
    hidden = recurrent["weight_hh_l0"].shape[1]
    options = {"nonlinearity": said["setting:nonlinearity"]} if cell == "rnn" else {}
    rnn = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](
        recurrent["weight_ih_l0"].shape[1], hidden, layers, batch_first=True, **options)
    rnn.load_state_dict(recurrent)  # strict: every name and every shape must be PyTorch's
    linear = nn.Linear(hidden, head["weight"].shape[0])
    linear.load_state_dict(head)
    return rnn, linear, said


def write_input(model, path):
    rnn, _, said = load(model)
    random = numpy.random.default_rng(1)
    count, steps = 9, 11
    with h5py.File(path, "w") as file:
        if int(said["symbols"]) > 0:
            file["symbols"] = random.integers(0, rnn.input_size, (count, steps), dtype=numpy.int32)
        else:
            file["x"] = random.normal(size=(count, steps, rnn.input_size)).astype(numpy.float32)
        file["lengths"] = random.integers(1, steps + 1, count, dtype=numpy.int32)


def apart(name, ours, theirs):
    """Prints and returns how far apart two arrays are, as a share of the largest magnitude."""
    share = numpy.abs(ours - theirs).max() / numpy.abs(theirs).max()
    print(f"{name} {ours.shape}: {share:.1e} of the largest magnitude")
    return share


def compare(model, given, output):
    rnn, head, said = load(model)
    with h5py.File(given) as file:
        lengths = torch.from_numpy(file["lengths"][()]).long()
        if int(said["symbols"]) > 0:
            x = nn.functional.one_hot(torch.from_numpy(file["symbols"][()]).long(), rnn.input_size).float()
        else:
            x = torch.from_numpy(file["x"][()])
    with h5py.File(output) as file:
        ours = {name: data[()] for name, data in file.items()}
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    with torch.no_grad():
        out, states = rnn(packed)
        hidden, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
        y = head(hidden)
    for n, length in enumerate(lengths):
        y[n, length:] = 0  # as unroll predict has it
    theirs = {"y": y, **dict(zip("hc", states if isinstance(states, tuple) else (states,)))}
    if set(ours) != set(theirs):
        sys.exit(f"unroll predict wrote {sorted(ours)}, expected {sorted(theirs)}")
    worst = max([apart(name, ours[name], theirs[name].numpy()) for name in theirs])
    if not worst <= TOLERANCE:
        sys.exit(f"more than {TOLERANCE} apart")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "input":
        write_input(*sys.argv[2:])
    elif len(sys.argv) == 5 and sys.argv[1] == "compare":
        compare(*sys.argv[2:])
    else:
        sys.exit(__doc__)
