#!/usr/bin/env python3
"""Makes the golden values of tests/test_core_losses.c with PyTorch: python3 tests/golden/make_losses.py

tests/golden/losses.txt is made of lines "word value value ...", each problem of one line of its own form, then two tensors:

    ctc STEPS OUTPUTS LABELS v ...              connectionist temporal classification: a sequence's labels, 1 .. OUTPUTS - 1
    softmax ROWS OUTPUTS SMOOTHING v ...        cross-entropy with label smoothing: a class for each row
    given COUNT v ...                           the logits, (STEPS or ROWS, OUTPUTS), in 1/1024ths
    gradient COUNT LOSS v ...                   the loss, a sum over rows, and its gradient with respect to the logits

Loss and gradient are computed in float64 and rounded at 1e-12 of the largest magnitude.
"""
import pathlib

import torch
from torch import nn

from make import grid, rounded

PROBLEMS = 50


def make_labels(outputs, count, generator):
    """Half of all labels repeat the one before."""
    label = torch.randint(1, outputs, (count,), generator=generator).tolist()
    again = torch.randint(0, 2, (count,), generator=generator).tolist()
    for i in range(1, count):
        label[i] = label[i - 1] if again[i] else label[i]
    return label


def least_steps(label):
    return len(label) + sum(a == b for a, b in zip(label, label[1:]))


def write(out, words, y, loss):
    loss.backward()
    given = [round(1024 * v) for v in y.detach().flatten().tolist()]
    gradient = list(rounded([v for v in y.grad.flatten().tolist()], 12))
    print(*words, file=out)
    print("given", len(given), *given, file=out)
    print("gradient", len(gradient), f"{loss.item():.14g}", *gradient, file=out)


def write_ctc(out, number, generator):
    """Every third problem has the fewest steps that its labels fit into."""
    outputs = int(torch.randint(2, 21, (), generator=generator))
    label = make_labels(outputs, number % 13, generator)
    least = max(1, least_steps(label))
    steps = least if number % 3 == 0 else int(torch.randint(least, max(30, least) + 1, (), generator=generator))
    y = grid((steps, outputs), 3, generator).requires_grad_()
    loss = nn.CTCLoss(reduction="none", blank=0)(
        nn.functional.log_softmax(y, -1).unsqueeze(1), torch.tensor([label], dtype=torch.long).reshape(1, -1),
        torch.tensor([steps]), torch.tensor([len(label)]))
    write(out, ["ctc", steps, outputs, len(label), *label], y, loss.sum())


def write_softmax(out, smoothing, rows, outputs, generator):
    target = torch.randint(0, outputs, (rows,), generator=generator)
    y = grid((rows, outputs), 3, generator).requires_grad_()
    loss = nn.CrossEntropyLoss(label_smoothing=smoothing, reduction="sum")(y, target)
    write(out, ["softmax", rows, outputs, smoothing, *target.tolist()], y, loss)


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    with open(pathlib.Path(__file__).parent / "losses.txt", "w", encoding="ascii") as out:
        print(f"# made by tests/golden/make_losses.py with PyTorch {torch.__version__}", file=out)
        for number in range(PROBLEMS):
            write_ctc(out, number, generator)
        for smoothing, rows, outputs in [(0, 2, 5), (0.1, 3, 5), (0.25, 2, 16), (0.5, 2, 19), (0.9, 1, 33)]:
            write_softmax(out, smoothing, rows, outputs, generator)


if __name__ == "__main__":
    main()
