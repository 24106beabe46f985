#!/usr/bin/env python3
"""Makes the golden values of tests/test_core_golden.c with PyTorch: python3 tests/golden/make.py [KIND...]

One text file a cell, tests/golden/CELL.txt, made of lines "word value value ...":

    case NAME                 begins a case
    settings A=B C=D ...      what unroll_model_open is given
    shape INPUTS SYMBOLS OUTPUTS STEPS BATCH EVERY LOSS
    index NAME COUNT v ...    integers: lengths, input symbols, target classes
    given NAME COUNT v ...    weights, inputs, targets in 1/1024ths: the same number in float and in double
    double NAME COUNT v ...   what PyTorch computes in float64, rounded at 1e-12 of the largest magnitude
    float NAME COUNT v ...    what PyTorch computes in float32, rounded at 1e-7 of the largest magnitude
    end                       ends a case

Shapes are those of lib/model/model.h. A target of 9999 means that there is none at that step.
Every value is computed from the same weights: forward (y, hidden, states), forward from given states (states_initial),
the loss and its gradient with respect to every weight (gradient:NAME), the gradient's norm, and the losses of ten
training steps (curve) on the same batch, the first one before any update.
"""
import math
import pathlib
import sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUTS, SYMBOLS, OUTPUTS, STEPS, BATCH = 3, 6, 4, 7, 4
LENGTHS = [5, 7, 1, 3]  # unsorted on purpose
NOTHING = 9999
STEPS_OF_TRAINING = 10


def grid(shape, reach, generator):
    """Uniform multiples of 1/1024 in [-reach, reach], in float64."""
    limit = int(reach * 1024)
    return torch.randint(-limit, limit + 1, shape, generator=generator).double() / 1024


def log_space_candidate(a):
    return torch.where(a >= 0, a + 0.5, torch.sigmoid(a))


def mingru_step(given, states, *_):
    (z, a), (h,) = given.chunk(2, -1), states
    return ((1 - torch.sigmoid(z)) * h + torch.sigmoid(z) * log_space_candidate(a),)


def minlstm_step(given, states, *_):
    (f, i, a), (h,) = given.chunk(3, -1), states
    f, i = torch.sigmoid(f), torch.sigmoid(i)
    return (f / (f + i) * h + i / (f + i) * log_space_candidate(a),)


def indrnn_step(given, states, _, own):
    return (torch.relu(given + own["weight_u"] * states[0]),)


def indrnn_tanh_step(given, states, _, own):
    return (torch.tanh(given + own["weight_u"] * states[0]),)


def lru_step(given, states, _, own):
    turn = torch.exp(torch.complex(-torch.exp(own["nu"]), torch.exp(own["theta"])))
    x, a = (torch.view_as_complex(v.reshape(len(v), -1, 2).contiguous()) for v in (states[0], given))
    return (torch.view_as_real(turn * x + torch.exp(own["gamma"]) * a).flatten(1),)


def slstm_step(given, states, product, _):
    (h, c, n, m) = states
    z, i, f, o = (given + product(h)).chunk(4, -1)
    log_f = nn.functional.logsigmoid(f)
    most = torch.where(n > 0, torch.maximum(log_f + m, i), i).detach()
    i, f = torch.exp(i - most), torch.exp(torch.clamp(log_f + m - most, max=0))
    c, n = f * c + i * torch.tanh(z), f * n + i
    return torch.sigmoid(o) * c / n, c, n, most


def mgu_step(given, states, product, _):
    (f, n), (h,) = given.chunk(2, -1), states
    f = torch.sigmoid(f + product(h).chunk(2, -1)[0])
    n = torch.tanh(n + product(f * h).chunk(2, -1)[1])
    return ((1 - f) * h + f * n,)


def lstm_with(options):
    """The LSTM's equations; a gate that is not there is 1, or, coupled, 1 minus the other."""
    kind, peepholes = options.get("lstm_gates", "all"), options.get("peepholes") == "yes"
    missing = {"all": "", "coupled": "i", "no_input": "i", "no_forget": "f", "no_output": "o"}[kind]
    names = [g for g in "ifgo" if g != missing]
    bend = torch.tanh if options.get("output_activation", "tanh") == "tanh" else lambda c: c

    def step(given, states, product, own):
        (h, c), a = states, dict(zip(names, (given + product(states[0])).chunk(len(names), -1)))

        def gate(name, seen):
            return torch.sigmoid(a[name] + own[f"weight_peep_{name}"] * seen if peepholes else a[name])

        f = gate("f", c) if "f" in names else 1
        i = gate("i", c) if "i" in names else 1 - f if kind == "coupled" else 1
        c = f * c + i * torch.tanh(a["g"])
        return (gate("o", c) if "o" in names else 1) * bend(c), c

    return step, len(names), True, 2, {f"weight_peep_{g}": 1 for g in names if g != "g"} if peepholes else {}


def gru_with(options):
    """The GRU's equations, with the reset gate after the product or before it; one that is not there is 1, and without the update
    gate h' = n."""
    names = ("" if options.get("reset") == "none" else "r") + ("" if options.get("update_gate") == "no" else "z") + "n"

    def step(given, states, product, _):
        (h,) = states
        part = lambda a: dict(zip(names, a.chunk(len(names), -1)))
        x, w = part(given), part(product(h))
        r = torch.sigmoid(x["r"] + w["r"]) if "r" in names else 1
        n = torch.tanh(x["n"] + (part(product(r * h))["n"] if options.get("reset") == "before" else r * w["n"]))
        if "z" not in names:
            return (n,)
        z = torch.sigmoid(x["z"] + w["z"])
        return ((1 - z) * n + z * h,)

    return step, len(names), True, 1, {}


class Stepped(nn.Module):
    """Cells that PyTorch has not, step by step, with its names of the weights."""

    def __init__(self, step, gates, recurrent, states, vectors, inputs, hidden, layers, heads):
        super().__init__()
        self.vectors = vectors
        self.step, self.states, self.hidden, self.layers, self.heads = step, states, hidden, layers, heads
        for k in range(layers):
            shapes = {"weight_ih": (gates * hidden, inputs if k == 0 else hidden), "bias_ih": (gates * hidden,)}
            if recurrent:
                shapes.update(weight_hh=(gates * hidden, hidden // heads), bias_hh=(gates * hidden,))
            shapes.update({name: (hidden // units,) for name, units in vectors.items()})
            for name, shape in shapes.items():
                setattr(self, f"{name}_l{k}", nn.Parameter(torch.zeros(shape)))

    def given(self, x, k):
        return x @ getattr(self, f"weight_ih_l{k}").T + getattr(self, f"bias_ih_l{k}")

    def new_states(self, given, states, k):
        own = {name: getattr(self, f"{name}_l{k}") for name in self.vectors}
        return self.step(given, states, lambda h: self.product(h, k), own)

    def product(self, h, k):
        """W_hh h + b_hh; the rows of every gate's head see that head of h."""
        weight, bias = getattr(self, f"weight_hh_l{k}"), getattr(self, f"bias_hh_l{k}")
        blocks = weight.view(-1, self.heads, self.hidden // self.heads, self.hidden // self.heads)
        parts = h.view(len(h), self.heads, -1)
        return torch.einsum("ghuv,bhv->bghu", blocks, parts).reshape(len(h), -1) + bias

    def forward(self, x, initial=None, lengths=None):
        """x (B, T, I) -> (B, T, H), zeros past a sequence's end, and its last states, each (layers, B, H)."""
        if initial is None:
            initial = (x.new_zeros(self.layers, len(x), self.hidden),) * self.states
        initial = initial if isinstance(initial, tuple) else (initial,)
        ends = []
        for k in range(self.layers):
            given = self.given(x, k)
            states, outs = tuple(s[k] for s in initial), []
            for t in range(x.shape[1]):
                there = torch.tensor([lengths is None or t < n for n in lengths or [0] * len(x)])[:, None]
                new = self.new_states(given[:, t], states, k)
                states = tuple(torch.where(there, a, b) for a, b in zip(new, states))
                outs.append(torch.where(there, states[0], torch.zeros_like(states[0])))
            x = torch.stack(outs, 1)
            ends.append(states)
        return x, tuple(torch.stack(s) for s in zip(*ends))


# from a case's options: a step, how many gates it has, whether they have a recurrent product, how many states, its vectors of
# weights, each with one value for so many units
STEPPED = {"mgu": lambda _: (mgu_step, 2, True, 1, {}), "mingru": lambda _: (mingru_step, 2, False, 1, {}),
           "slstm": lambda _: (slstm_step, 4, True, 4, {}), "minlstm": lambda _: (minlstm_step, 3, False, 1, {}),
           "indrnn": lambda _: (indrnn_step, 1, False, 1, {"weight_u": 1}),
           "indrnn_tanh": lambda _: (indrnn_tanh_step, 1, False, 1, {"weight_u": 1}),
           "lru": lambda _: (lru_step, 1, False, 1, {"nu": 2, "theta": 2, "gamma": 2}),
           "lstm_with": lstm_with, "gru_with": gru_with}


def normed_lstm_step(given, states, product, norm):
    i, f, g, o = (given + product(states[0])).chunk(4, -1)
    c = torch.sigmoid(f) * states[1] + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(norm(c)), c


def normed_gru_step(given, states, product, _):
    (r, z, n), (r_h, z_h, n_h), (h,) = given.chunk(3, -1), product(states[0]).chunk(3, -1), states
    r, z = torch.sigmoid(r + r_h), torch.sigmoid(z + z_h)
    n = torch.tanh(n + r * n_h)
    return (n + z * (h - n),)


def normal(x):
    return nn.functional.layer_norm(x, x.shape[-1:])


class Normed(Stepped):
    """Both products of a step normed, `together` gates first and then the others; and a state, where there is one beside h."""

    def __init__(self, step, gates, together, states, inputs, hidden, layers):
        super().__init__(step, gates, True, states, {}, inputs, hidden, layers, 1)
        self.together = together * hidden
        for k in range(layers):
            for side in ("ih", "hh"):
                setattr(self, f"weight_norm_{side}_l{k}", nn.Parameter(torch.ones(gates * hidden)))
            for name in ("weight", "bias") if states > 1 else ():
                setattr(self, f"{name}_norm_c_l{k}", nn.Parameter(torch.zeros(hidden)))

    def norm(self, x, side, k):
        parts = [normal(part) for part in (x[..., :self.together], x[..., self.together:]) if part.shape[-1] > 0]
        return torch.cat(parts, -1) * getattr(self, f"weight_norm_{side}_l{k}") + getattr(self, f"bias_{side}_l{k}")

    def given(self, x, k):
        return self.norm(x @ getattr(self, f"weight_ih_l{k}").T, "ih", k)

    def product(self, h, k):
        return self.norm(h @ getattr(self, f"weight_hh_l{k}").T, "hh", k)

    def new_states(self, given, states, k):
        norm = lambda c: normal(c) * getattr(self, f"weight_norm_c_l{k}") + getattr(self, f"bias_norm_c_l{k}")
        return self.step(given, states, lambda h: self.product(h, k), norm)


NORMED = {"lstm": (normed_lstm_step, 4, 4, 2), "gru": (normed_gru_step, 3, 2, 1)}


class Net(nn.Module):
    """The recurrent layers and the dense head of lib/model, in PyTorch's words."""

    def __init__(self, kind, inputs, hidden, layers, outputs, options):
        super().__init__()
        both = options.get("directions") == "both"
        if "norm" in options:
            self.rnn = Normed(*NORMED[kind], inputs, hidden, layers)
        elif kind in STEPPED:
            self.rnn = Stepped(*STEPPED[kind](options), inputs, hidden, layers, int(options.get("heads", 1)))
        else:
            make = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU, "rnn_relu": nn.RNN}[kind]
            more = {"nonlinearity": "relu"} if kind == "rnn_relu" else {}
            self.rnn = make(inputs, hidden, layers, batch_first=True, bidirectional=both, **more)
        self.head = nn.Linear(hidden * (2 if both else 1), outputs)

    def weights(self, read=lambda p: p.data):
        """By their names, which are ours: each one's values, or what else is read of it."""
        return {name: read(p) for name, p in self.named_parameters()}

    def forward(self, x, initial=None):
        """x (B, T, I) -> y (B, T, O), hidden (B, T, H), last states as a tuple of (layers, B, H)."""
        if isinstance(self.rnn, Stepped):
            hidden, states = self.rnn(x, initial, LENGTHS)
            return self.head(hidden), hidden, states
        packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        out, states = self.rnn(packed, initial)
        hidden, _ = pad_packed_sequence(out, batch_first=True, total_length=STEPS)
        return self.head(hidden), hidden, states if isinstance(states, tuple) else (states,)

    def truncated(self, x, cut):
        """The same y, but no gradient flows from one block of `cut` steps to the one before it."""
        outs, states = [], None
        for start in range(0, STEPS, cut):
            out, states = self.rnn(x[:, start:start + cut], states)
            states = tuple(s.detach() for s in states) if isinstance(states, tuple) else states.detach()
            outs.append(out)
        return self.head(torch.cat(outs, 1))


def at_last(values, lengths=LENGTHS):
    return torch.stack([values[b, length - 1] for b, length in enumerate(lengths)])


def is_both(case):
    return case["options"].get("directions") == "both"


def net_of(case):
    return Net(case["kind"], SYMBOLS if case["symbols"] else INPUTS, case["hidden"], case["layers"], OUTPUTS, case["options"])


def make_targets(case, generator, lengths=LENGTHS):
    """(B, T, O) or (B, T) of classes; every step past the end and one step inside have none."""
    shape = (len(lengths), max(lengths)) if case["loss"] == "softmax" else (len(lengths), max(lengths), OUTPUTS)
    target = {
        "squared": lambda: grid(shape, 1.5, generator),
        "softmax": lambda: torch.randint(0, OUTPUTS, shape, generator=generator).double(),
        "bernoulli": lambda: torch.randint(0, 2, shape, generator=generator).double(),
    }[case["loss"]]()
    for b, length in enumerate(lengths):
        target[b, length:] = NOTHING
    target[1, 2] = NOTHING
    return target if case["every"] else at_last(target, lengths)


def loss_of(case, y, target):
    """y: the answers alone, at every step or at the last one, as the targets are."""
    if case["loss"] == "softmax":
        there = target != NOTHING
        return nn.functional.cross_entropy(y[there], target[there].long())
    there = target[..., 0] != NOTHING
    y, target = y[there], target[there].to(y.dtype)
    if case["loss"] == "squared":
        return nn.functional.mse_loss(y, target)
    return nn.functional.binary_cross_entropy_with_logits(y, target)


def optimizer_of(case, net):
    options = case["options"]
    number = lambda name, otherwise: float(options.get(name, otherwise))
    kind = options.get("optimizer", "adam")
    if kind == "sgd":
        return torch.optim.SGD(net.parameters(), number("lr", 0), momentum=number("momentum", 0))
    if kind == "rmsprop":
        return torch.optim.RMSprop(net.parameters(), number("lr", 0), alpha=0.99, eps=1e-8)
    return torch.optim.Adam(net.parameters(), number("lr", 0), betas=(0.9, 0.999), eps=1e-8)


def gradient_norm(net):
    return torch.sqrt(sum((p.grad ** 2).sum() for p in net.parameters()))


def net_with(net, given, dtype):
    """The net in float64 or float32, with the given weights."""
    for name, values in net.to(dtype).weights().items():
        values.copy_(given[name])
    return net


def trained(case, net, loss_now):
    """The loss that loss_now() gives, its gradient, that one's norm, and the losses of ten steps; changes the weights."""
    loss = loss_now()
    loss.backward()
    values = {"loss": loss.detach()}
    values.update({"gradient:" + name: g for name, g in net.weights(lambda p: p.grad.clone()).items()})
    values["norm"] = gradient_norm(net)

    clip, optimizer, curve = float(case["options"].get("clip", 0)), optimizer_of(case, net), []
    for _ in range(STEPS_OF_TRAINING):
        optimizer.zero_grad()
        loss = loss_now()
        loss.backward()
        curve.append(loss.detach())
        if clip:
            nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()
    values["curve"] = torch.stack(curve)
    return values


def computed(case, given, dtype):
    """Every expected value of a case, by name."""
    net = net_with(net_of(case), given, dtype)
    if case["symbols"]:
        x = nn.functional.one_hot(given["symbol"].long(), SYMBOLS).to(dtype)
    else:
        x = given["x"].to(dtype)
    target = given["class" if case["loss"] == "softmax" else "target"]
    cut = int(case["options"].get("bptt", 0))
    answer = lambda y: y if case["every"] else at_last(y)
    forward = lambda: answer(net.truncated(x, cut) if cut else net(x)[0])
    values = {}

    y, hidden, states = net(x)
    for b, length in enumerate(LENGTHS):
        y.data[b, length:] = 0
    values["y"] = answer(y)
    values["hidden"] = hidden
    values["states"] = torch.stack(states, 1)  # (layers, S, B, H)
    initial = given["initial"].to(dtype)
    initial = tuple(initial[:, s].contiguous() for s in range(initial.shape[1]))
    values["states_initial"] = torch.stack(net(x, initial if len(initial) > 1 else initial[0])[2], 1)
    values.update(trained(case, net, lambda: loss_of(case, forward(), target)))
    return values


def make_given(case, generator):
    hidden, layers = case["hidden"], case["layers"]
    net = net_of(case)
    given = {name: grid(values.shape, hidden ** -0.5, generator) for name, values in net.weights().items()}
    if case["symbols"]:
        given["symbol"] = torch.randint(0, SYMBOLS, (BATCH, STEPS), generator=generator).double()
    else:
        given["x"] = grid((BATCH, STEPS, INPUTS), 2, generator)
    given["class" if case["loss"] == "softmax" else "target"] = make_targets(case, generator)
    states = net.rnn.states if case["kind"] in STEPPED else 2 if case["kind"] == "lstm" else 1
    given["initial"] = grid((layers * (2 if is_both(case) else 1), states, BATCH, hidden), 1, generator)
    if case["kind"] == "slstm":
        given["initial"][:, 2] = given["initial"][:, 2].abs() + 0.5  # n, which is never below 1 after a step
    return given


def check_float_is_near(case, doubles, floats):
    """PyTorch's own float32 must keep the tolerance of the test with room to spare, or the case is badly chosen."""
    for (name, d), f in zip(doubles.items(), floats.values()):
        largest = max(abs(v) for v in d)
        worst = max(abs(a - b) for a, b in zip(d, f))
        assert worst <= 0.5e-5 * largest, f"{case['name']} {name}: float32 is off by {worst / largest:.1e}"


def rounded(values, digits):
    """Decimals enough for 10^-digits of the largest magnitude, without the zeros that say nothing."""
    largest = max(abs(v) for v in values)
    decimals = max(0, digits - math.floor(math.log10(largest)))
    for v in values:
        text = f"{v:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        text = text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
        yield "0" if text == "-0" else text


def write_given(out, name, values):
    flat = values.flatten().tolist()
    index = name in ("length", "symbol", "class", "target_length")
    whole = [round(v if index or v == NOTHING else 1024 * v) for v in flat]
    print("index" if index else "given", name, len(whole), *whole, file=out)


def write_case(out, case, settings, shape, given, compute):
    """compute(dtype) gives the expected values by name."""
    doubles, floats = ({name: v.detach().flatten().tolist() for name, v in compute(dtype).items()}
                       for dtype in (torch.float64, torch.float32))
    check_float_is_near(case, doubles, floats)
    print("case", case["name"], file=out)
    print("settings", *(f"{k}={v}" for k, v in settings.items()), file=out)
    print("shape", *shape, int(case["every"]), case["loss"], file=out)
    for name, values in given.items():
        write_given(out, name, values)
    for name, d in doubles.items():
        print("double", name, len(d), *rounded(d, 12), file=out)
        print("float", name, len(d), *rounded(floats[name], 7), file=out)
    print("end", file=out)


def settings_of(case, model):
    return {"model": model, "hidden": case["hidden"], "layers": case["layers"], "clip": 0, **case["options"]}


def write_recurrent(out, case):
    given = make_given(case, torch.Generator().manual_seed(case["seed"]))
    settings = settings_of(case, case["kind"].split("_")[0])
    if case["kind"] == "rnn_relu":
        settings["nonlinearity"] = "relu"
    if case["kind"] == "indrnn_tanh":
        settings["indrnn_activation"] = "tanh"
    shape = [*([0, SYMBOLS] if case["symbols"] else [INPUTS, 0]), OUTPUTS, STEPS, BATCH]
    write_case(out, case, settings, shape, {"length": torch.tensor(LENGTHS), **given},
               lambda dtype: computed(case, given, dtype))


BOTH = ("lstm_both", "gru_both")  # two directions
TODAY = ("minlstm", "indrnn", "indrnn_tanh", "lru")
WITH = ("lstm_with", "gru_with")  # parts taken away or added
NORM = ("lstm_norm", "gru_norm")  # layer norm inside


def cases_of(kind):
    adam = {"optimizer": "adam", "lr": "0.01"}

    def case(name, hidden, layers, every, loss, symbols=False, **options):
        hidden += hidden % 2 if kind == "lru" else 0  # complex units
        return {"name": f"{kind}_{name}", "kind": kind, "hidden": hidden, "layers": layers, "every": every,
                "loss": loss, "symbols": symbols, "options": {**adam, **options}}

    if kind in BOTH:
        return [dict(case(name, 5, layers, True, loss, symbols, directions="both"), kind=kind.split("_")[0])
                for name, layers, loss, symbols in [("one_level", 1, "squared", False), ("two_levels", 2, "bernoulli", False),
                                                    ("of_symbols", 2, "softmax", True)]]
    if kind == "lstm_with":
        return [*[case(f"{gates}_and_peepholes", 5, 1, True, "squared", lstm_gates=gates, peepholes="yes")
                  for gates in ("all", "coupled", "no_input", "no_forget", "no_output")],
                *[case(f"{gates}_and_linear", 5, 1, True, "squared", lstm_gates=gates, output_activation="none")
                  for gates in ("all", "coupled", "no_input", "no_forget", "no_output")],
                case("coupled_wider_than_a_block", 17, 1, True, "squared", lstm_gates="coupled", peepholes="yes"),
                case("of_symbols", 5, 2, True, "softmax", True, lstm_gates="no_output", peepholes="yes",
                     output_activation="none"),
                case("truncated", 5, 2, True, "squared", peepholes="yes", bptt="3")]
    if kind == "gru_with":
        return [case("no_reset", 5, 1, True, "squared", reset="none"),
                case("no_update", 5, 2, True, "squared", update_gate="no"),
                case("neither", 5, 1, True, "squared", reset="none", update_gate="no"),
                case("no_reset_wider_than_a_block", 17, 1, True, "squared", reset="none"),
                case("of_symbols", 5, 2, True, "softmax", True, update_gate="no"),
                case("truncated", 5, 2, True, "squared", reset="none", bptt="3"),
                case("before", 5, 2, True, "squared", reset="before"),
                case("before_without_update", 5, 1, False, "softmax", reset="before", update_gate="no"),
                case("before_wider_than_a_block", 17, 2, True, "squared", reset="before"),
                case("before_truncated", 5, 2, True, "squared", reset="before", bptt="3")]
    if kind in NORM:
        return [dict(case(name, hidden, layers, every, loss, symbols, norm="layer", **more), kind=kind.split("_")[0])
                for name, hidden, layers, every, loss, symbols, more in [
                    ("every_step_squared", 5, 1, True, "squared", False, {}),
                    ("last_step_softmax_of_symbols", 5, 2, False, "softmax", True, {}),
                    ("wider_than_a_block", 17, 2, True, "bernoulli", False, {}),
                    ("truncated", 5, 2, True, "squared", False, {"bptt": "3"})]]
    cases = [
        case("every_step_squared", 5, 1, True, "squared"),
        case("last_step_squared", 5, 2, False, "squared"),
        case("every_step_softmax", 5, 2, True, "softmax", symbols=True),
        case("last_step_softmax", 5, 1, False, "softmax"),
        case("every_step_bernoulli", 5, 2, True, "bernoulli"),
        case("wider_than_a_block", 17, 2, True, "squared"),
    ]
    if kind == "lstm":
        cases += [
            case("sgd", 5, 1, True, "squared", optimizer="sgd", lr="0.1"),
            case("momentum", 5, 1, True, "squared", optimizer="sgd", lr="0.1", momentum="0.9"),
            case("rmsprop", 5, 1, True, "squared", optimizer="rmsprop", lr="0.01"),
            case("clipped", 5, 1, True, "squared", optimizer="sgd", lr="0.5", clip="0.25"),
        ]
    if kind == "slstm":
        cases.append(case("heads", 32, 1, True, "squared", heads="2"))
    if kind in ("lstm", "gru", "mgu", "mingru", "slstm", *TODAY):
        cases.append(case("truncated", 5, 2, True, "squared", bptt="3"))
    return cases


def main(wanted):
    """Writes the files of these kinds, or, without any, of all."""
    folder = pathlib.Path(__file__).parent
    torch.set_num_threads(1)
    for number, kind in enumerate(["rnn", "rnn_relu", "lstm", "gru", "mingru", "slstm", *BOTH, "mgu", *TODAY, *WITH, *NORM]):
        if wanted and kind not in wanted:
            continue
        with open(folder / f"{kind}.txt", "w", encoding="ascii") as out:
            print(f"# made by tests/golden/make.py with PyTorch {torch.__version__}", file=out)
            for place, case in enumerate(cases_of(kind)):
                write_recurrent(out, {**case, "seed": 100 * number + place + 1})


if __name__ == "__main__":
    main(sys.argv[1:])
