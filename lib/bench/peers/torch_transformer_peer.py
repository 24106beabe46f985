"""PyTorch as a peer of unroll bench --transformer: blocks of causal attention and an inner layer with GELU, the norm before each,
a last norm, nn.Linear before and behind them, squared loss, Adam.

What torch_turns.py says; behind the 's' come 7 int32 (inputs, hidden, heads, layers, batch, steps, threads), 5 float32 (learning
rate, both betas and eps of Adam, norm to clip to or 0), the weights in the order of unroll's model, then inputs (B, T, I) and
targets (B, T), float32. Its answer: 1 where attention is torch.nn.functional.scaled_dot_product_attention, 0 where this PyTorch
has not got that and a block is nn.TransformerEncoderLayer."""
import math
import struct
import sys
import time

sys.dont_write_bytecode = True  # of the file beside this one, whose folder may be another user's
import torch_turns  # it ends where there is no PyTorch
import torch

NEW = hasattr(torch.nn.functional, "scaled_dot_product_attention")


class Block(torch.nn.Module):
    """What nn.TransformerEncoderLayer with norm_first computes, on (B, T, H)."""

    def __init__(self, width, heads, steps):
        super().__init__()
        self.heads = heads
        self.norm1 = torch.nn.LayerNorm(width)
        self.in_proj = torch.nn.Linear(width, 3 * width)
        self.out_proj = torch.nn.Linear(width, width)
        self.norm2 = torch.nn.LayerNorm(width)
        self.linear1 = torch.nn.Linear(width, 4 * width)
        self.linear2 = torch.nn.Linear(4 * width, width)

    def forward(self, x):
        projected = self.in_proj(self.norm1(x))
        q, k, v = projected.view(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # each (B, heads, T, size)
        seen = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out_proj(seen.transpose(1, 2).flatten(2))
        return x + self.linear2(torch.nn.functional.gelu(self.linear1(self.norm2(x))))


class OldBlock(torch.nn.Module):
    """The same on (T, B, H), its own order, where attention has no function of its own; its parts have the names of Block's."""

    def __init__(self, width, heads, steps):
        super().__init__()
        layer = torch.nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, activation="gelu", norm_first=True)
        self.layer = layer
        self.mask = torch.full((steps, steps), -math.inf).triu(1)
        self.norm1, self.norm2, self.linear1, self.linear2 = layer.norm1, layer.norm2, layer.linear1, layer.linear2
        self.out_proj, self.in_proj = layer.self_attn.out_proj, torch.nn.Module()
        self.in_proj.weight, self.in_proj.bias = layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias

    def forward(self, x):
        return self.layer(x, self.mask)


def fastest_adam(weights, **rule):
    """Adam as this PyTorch does it fastest, tried on copies."""
    best, least = {}, math.inf
    for kind in ({"fused": True}, {"foreach": True}, {}):
        copies = [torch.nn.Parameter(weight.detach().clone()) for weight in weights]
        for copy in copies:
            copy.grad = torch.ones_like(copy)
        try:
            adam = torch.optim.Adam(copies, **rule, **kind)
            for _ in range(4):  # the first one makes its means
                start = time.monotonic_ns()
                adam.step()
                if (took := time.monotonic_ns() - start) < least:
                    best, least = kind, took
        except (TypeError, RuntimeError):  # it has none of this kind, or not without a GPU
            continue
    return torch.optim.Adam(weights, **rule, **best)


class Transformer(torch_turns.Side):
    ready = int(NEW)

    def __init__(self):
        inputs, width, heads, layers, batch, steps, threads = struct.unpack("7i", torch_turns.receive(28))
        rate, beta1, beta2, eps, self.clip = struct.unpack("5f", torch_turns.receive(20))
        torch.set_num_threads(threads)
        embedding, norm, head = torch.nn.Linear(inputs, width), torch.nn.LayerNorm(width), torch.nn.Linear(width, 1)
        blocks = [(Block if NEW else OldBlock)(width, heads, steps) for _ in range(layers)]
        self.model = torch.nn.Sequential(embedding, *blocks, norm, head)
        inside = [part for b in blocks for part in (b.norm1, b.in_proj, b.out_proj, b.norm2, b.linear1, b.linear2)]
        self.weights = [weight for part in (embedding, *inside, norm, head) for weight in (part.weight, part.bias)]
        self.receive_weights()
        self.x = torch_turns.receive_tensor(torch.Size((batch, steps, inputs)), torch.float32)
        self.target = torch_turns.receive_tensor(torch.Size((batch, steps, 1)), torch.float32)
        if not NEW:
            self.x, self.target = self.x.transpose(0, 1).contiguous(), self.target.transpose(0, 1).contiguous()
        self.optimizer = fastest_adam(self.weights, lr=rate, betas=(beta1, beta2), eps=eps)

    def gradient(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(self.model(self.x), self.target)
        loss.backward()
        return loss


torch_turns.serve(Transformer)
