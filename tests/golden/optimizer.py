#!/usr/bin/env python3
"""Makes the golden values of tests/test_model_schedule.c and tests/test_core_optimizer.c with PyTorch, in float64:
python3 tests/golden/optimizer.py

tests/golden/schedule.inc: the learning rate of 20 steps: linear warm-up over 4, then a cosine to a tenth.
tests/golden/adamw.inc: 4 weights after each of 10 steps of torch.optim.AdamW with made-up gradients.
"""
import math
import pathlib

import torch

FOLDER = pathlib.Path(__file__).parent


def rates():
    """The warm-up's (i + 1) / 4 is a LinearLR from 1/4 to 1 over three steps; its end is the cosine's begin."""
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.3)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    seen = []
    for _ in range(4):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        warm.step()
    optimizer = torch.optim.SGD([weight], lr=0.3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=16, eta_min=0.03)
    for _ in range(16):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        cosine.step()
    return seen


def adamw():
    weight = torch.tensor([1.0, -0.5, 0.25, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.AdamW([weight], lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.3)
    rows = []
    for t in range(10):
        weight.grad = torch.tensor([0.5 * math.cos(t), 0.02, 0.125 * (t - 3), -0.25], dtype=torch.float64)
        optimizer.step()
        rows.append(weight.detach().tolist())
    return rows


if __name__ == "__main__":
    (FOLDER / "schedule.inc").write_text("".join(f"{rate!r},\n" for rate in rates()))
    (FOLDER / "adamw.inc").write_text("".join("{" + ", ".join(map(repr, row)) + "},\n" for row in adamw()))
