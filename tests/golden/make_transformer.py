#!/usr/bin/env python3
"""Makes the golden values of model=transformer with PyTorch: python3 tests/golden/make_transformer.py

The format is that of make.py, but there are no states. In transformer.txt `hidden` is what the head reads, (B, T, H). In
transformer_sequence.txt another sequence is the answer: index target_length (B) has its lengths, index class (B, U) what it
says, with any class past the end; the decoder reads that one step late, OUTPUTS at its first step, and y is (B, U, OUTPUTS).

The layers are PyTorch's, whose names and weights ours have, but for the matrix of another sequence's attention, of which ours
has q's rows apart. Only self-attention with rotary positions is written out, for PyTorch has none.
"""
import math
import pathlib

import torch
from torch import nn

from make import (INPUTS, LENGTHS, NOTHING, OUTPUTS, SYMBOLS, at_last, grid, loss_of, make_targets, net_with, settings_of,
                  trained, write_case)

WRITTEN = [2, 5, 4, 1]  # in another order of lengths than what is read
LONG = [5, 70, 1, 66]  # more than one tile of keys


def angles(steps, columns):
    """t / 10000^(2i / columns), (T, pairs of columns): the last pair of an odd number of columns has but one."""
    return torch.arange(steps).double()[:, None] / 10000 ** (torch.arange(0, columns, 2).double() / columns)


def placed(x):
    """x (B, T, H) and its steps' sines and cosines."""
    angle = angles(*x.shape[1:])
    table = torch.stack((angle.sin(), angle.cos()), -1).flatten(1)
    return x + table[:, :x.shape[2]].to(x.dtype)


def turned(x):
    """Queries or keys (B, heads, T, D), each two neighbouring columns turned by their angle; an odd last one stays as it is."""
    even = x.shape[3] // 2 * 2
    angle = angles(x.shape[2], x.shape[3])[:, :even // 2]
    cosine, sine = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., 0:even:2], x[..., 1:even:2]
    return torch.cat((torch.stack((a * cosine - b * sine, a * sine + b * cosine), -1).flatten(-2), x[..., even:]), -1)


class Turning:
    """The self-attention of a layer of PyTorch's with rotary positions, in its place."""

    def _sa_block(self, x, after, padding, **_):
        batch, steps, width = x.shape
        own = self.self_attn
        parts = nn.functional.linear(x, own.in_proj_weight, own.in_proj_bias).chunk(3, -1)
        q, k, v = (part.view(batch, steps, own.num_heads, own.head_dim).transpose(1, 2) for part in parts)
        score = turned(q) @ turned(k).transpose(2, 3) / math.sqrt(own.head_dim)
        score = score.masked_fill(after | padding[:, None, None], -math.inf)
        return own.out_proj((score.softmax(-1) @ v).transpose(1, 2).reshape(batch, steps, width))


class TurningEncoderLayer(Turning, nn.TransformerEncoderLayer):
    pass


class TurningDecoderLayer(Turning, nn.TransformerDecoderLayer):
    pass


class Transformer(nn.Module):
    def __init__(self, case):
        super().__init__()
        width, options = case["hidden"], case["options"]
        rotary = options["positions"] == "rotary"
        self.placed = placed if options["positions"] == "sinusoidal" else lambda x: x
        self.causal = options["causal"] == "yes"
        kinds = (TurningEncoderLayer, TurningDecoderLayer) if rotary else (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
        encoder, decoder = (kind(width, int(options["heads"]), 4 * width, dropout=0, activation="gelu", batch_first=True,
                                 norm_first=True) for kind in kinds)
        self.embedding = nn.Embedding(SYMBOLS, width) if case["symbols"] else nn.Linear(INPUTS, width)
        self.encoder = nn.TransformerEncoder(encoder, case["layers"], nn.LayerNorm(width), enable_nested_tensor=False)
        if case["writes"]:
            self.causal = False
            self.decoder_embedding = nn.Embedding(OUTPUTS + 1, width)
            self.decoder = nn.TransformerDecoder(decoder, case["layers"], nn.LayerNorm(width))
        self.head = nn.Linear(width, OUTPUTS)

    def weights(self, read=lambda p: p.data):
        """By our names: each one's values, or what else is read of it."""
        out = {}
        for name, p in self.named_parameters():
            values, name = read(p), name.replace("in_proj_", "in_proj.")
            if "multihead_attn.in_proj" in name:
                queries = len(values) // 3
                out[name.replace("in_proj", "q_proj")] = values[:queries]
                out[name.replace("in_proj", "kv_proj")] = values[queries:]
            else:
                out[name] = values
        return out

    def forward(self, x, lengths, written=None):
        """x (B, T, I) or symbols (B, T) -> y and what the head reads, (B, T, ...), or of what is written (B, U), (B, U, ...)."""
        padding = past_end(lengths)
        hidden = self.encoder(self.placed(self.embedding(x)), later(padding, self.causal), padding)
        if written is not None:
            own = past_end(WRITTEN)
            hidden = self.decoder(self.placed(self.decoder_embedding(written)), hidden, later(own, True),
                                  tgt_key_padding_mask=own, memory_key_padding_mask=padding)
        return self.head(hidden), hidden


def past_end(lengths):
    """(B, T): whether a step is none of the sequence's."""
    return torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None]


def later(padding, causal):
    """(T, T): whether a key may not be seen by a query, for it comes later."""
    all_pairs = torch.ones(padding.shape[1], padding.shape[1], dtype=torch.bool)
    return all_pairs.triu(1) if causal else ~all_pairs


def make_given(case, generator):
    given = {"length": torch.tensor(case["lengths"])}
    for name, values in Transformer(case).weights().items():
        is_matrix = values.dim() == 2 and "embedding" not in name
        given[name] = grid(values.shape, 2 * values.shape[1] ** -0.5 if is_matrix else 0.5, generator)
        if "norm" in name and name.endswith("weight"):
            given[name] += 1
    shape = (len(case["lengths"]), max(case["lengths"]))
    if case["symbols"]:
        given["symbol"] = torch.randint(0, SYMBOLS, shape, generator=generator).double()
    else:
        given["x"] = grid((*shape, INPUTS), 2, generator)
    if case["writes"]:
        given["target_length"] = torch.tensor(WRITTEN)
        given["class"] = torch.randint(0, OUTPUTS, (len(WRITTEN), max(WRITTEN)), generator=generator).double()
    else:
        given["class" if case["loss"] == "softmax" else "target"] = make_targets(case, generator, case["lengths"])
    return given


def computed(case, given, dtype):
    """Every expected value of a case, by name."""
    net, lengths = net_with(Transformer(case), given, dtype), case["lengths"]
    x = given["symbol"].long() if case["symbols"] else given["x"].to(dtype)
    target = given["class" if case["loss"] == "softmax" else "target"]
    ends, inputs = past_end(lengths), (x, lengths)
    if case["writes"]:
        ends = past_end(WRITTEN)
        start = torch.full((len(WRITTEN), 1), OUTPUTS)
        inputs = (x, lengths, torch.cat((start, target[:, :-1].long()), 1))
        target = target.masked_fill(ends, NOTHING)
    answer = lambda y: y if case["every"] else at_last(y, lengths)
    y, hidden = (v.detach().masked_fill(ends[..., None], 0) for v in net(*inputs))
    values = {"y": answer(y)} if case["writes"] else {"y": answer(y), "hidden": hidden}
    return {**values, **trained(case, net, lambda: loss_of(case, answer(net(*inputs)[0]), target))}


def case(name, hidden, layers, heads, every, loss, symbols=False, positions="sinusoidal", causal="yes", lengths=LENGTHS,
         writes=False):
    options = {"optimizer": "adam", "lr": "0.01", "heads": heads, "positions": positions, "causal": causal}
    return {"name": f"transformer_{name}", "hidden": hidden, "layers": layers, "every": every, "loss": loss, "symbols": symbols,
            "options": options, "lengths": lengths, "writes": writes}


def writing(name, hidden, layers, heads, symbols, positions="sinusoidal"):
    return case(f"sequence_{name}", hidden, layers, heads, True, "softmax", symbols, positions, writes=True)


FILES = {
    "transformer": [
        case("every_step_squared", 6, 2, 2, True, "squared"),
        case("last_step_softmax_of_symbols", 6, 2, 3, False, "softmax", symbols=True),
        case("no_positions_every_step_bernoulli", 6, 2, 2, True, "bernoulli", positions="none"),
        case("no_positions_last_step_squared", 6, 2, 1, False, "squared", positions="none"),
        case("rotary_every_step_softmax_of_symbols", 8, 2, 2, True, "softmax", symbols=True, positions="rotary"),
        case("rotary_odd_heads_last_step_squared", 10, 1, 2, False, "squared", positions="rotary"),
        case("not_causal_every_step_squared", 6, 2, 2, True, "squared", causal="no"),
        case("not_causal_rotary_last_step_softmax", 8, 1, 2, False, "softmax", positions="rotary", causal="no"),
        case("two_heads_of_six", 12, 1, 2, True, "squared"),
        case("rotary_head_wider_than_a_block", 18, 1, 1, True, "squared", positions="rotary"),
        case("longer_than_a_tile", 6, 1, 2, True, "squared", lengths=LONG),
        case("not_causal_rotary_longer_than_a_tile", 6, 1, 1, False, "squared", positions="rotary", causal="no", lengths=LONG),
    ],
    "transformer_sequence": [
        writing("of_symbols", 6, 2, 2, True),
        writing("of_reals_rotary", 8, 1, 2, False, positions="rotary"),
        writing("of_symbols_without_positions", 6, 1, 3, True, positions="none"),
        writing("of_reals_two_heads_of_six", 12, 1, 2, False),
    ],
}


def main():
    torch.set_num_threads(1)
    for number, (file, cases) in enumerate(FILES.items()):
        with open(pathlib.Path(__file__).parent / f"{file}.txt", "w", encoding="ascii") as out:
            print(f"# made by tests/golden/make_transformer.py with PyTorch {torch.__version__}", file=out)
            for place, one in enumerate(cases):
                given = make_given(one, torch.Generator().manual_seed(100 * number + place + 1))
                shape = [*([0, SYMBOLS] if one["symbols"] else [INPUTS, 0]), OUTPUTS, max(one["lengths"]), len(one["lengths"])]
                write_case(out, one, settings_of(one, "transformer"), shape, given, lambda dtype: computed(one, given, dtype))


if __name__ == "__main__":
    main()
