"""`trace`: its numbers are the layer's, torch.nn beside the loops, forward and backward."""

from dataclasses import replace

import pytest
import torch

from rnn_manual import vjp
from rnn_manual.cli import main
from rnn_manual.cli.trace.command import show
from rnn_manual.config import Config
from rnn_manual.explain import quantities, trace
from rnn_manual.explain.call import Call, module_for, numbers_for
from rnn_manual.explain.column import Column, Mark
from rnn_manual.explain.quantities import X_PRODUCT, Key
from rnn_manual.layout import state_given, state_tuple

RICH = {"num_layers": 2, "bidirectional": True}
CALLS = {
    "rnn": Call(Config("rnn", 2, 2), (3,)),
    "relu": Call(Config("rnn", 2, 3, nonlinearity="relu", bias=False), (3,), "unbatched"),
    "lstm": Call(Config("lstm", 2, 2, batch_first=True, **RICH), (3, 3)),
    "projected": Call(Config("lstm", 2, 3, proj_size=2, **RICH), (2,)),
    "gru": Call(Config("gru", 2, 2, **RICH), (1, 3, 2), "packed"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_torch_nn_agrees_in_all_that_it_lets_out(call):
    """c' and h' of every layer, direction and step, and the gradients for them."""
    found = trace.trace(call)
    assert found.whole
    loops, theirs = found.columns
    for ours, its in ((loops.forward, theirs.forward), (loops.backward, theirs.backward)):
        assert its.keys() <= ours.keys()
        for key, value in its.items():
            torch.testing.assert_close(value, ours[key], rtol=1e-12, atol=1e-12)
    states = len(call.config.states) * call.config.num_rows * call.T
    assert sum(key.name.endswith("'") for key in theirs.forward) == states
    assert len(theirs.backward) == states + call.config.num_rows * call.T  # dh, dc and dh'


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_gates_satisfy_the_equations(call):
    """As a textbook has them, from the numbers that are shown."""
    config, found = call.config, trace.trace(call).columns[0].forward
    weights = numbers_for(call, module_for(call)).weights
    for key in [key for key in found if key.name == "h'"]:
        v = {name: found[key._replace(name=name)] for name in _names(config)}
        w = weights[key.layer][key.direction]
        if config.kind == "lstm":
            i, f, g, o = v["i"], v["f"], v["g"], v["o"]
            before = found.get(key._replace(name="c"))
            h = o * torch.tanh(v["c'"])
            h = h if w.weight_hr is None else h @ w.weight_hr.T
            if before is not None:
                torch.testing.assert_close(v["c'"], f * before + i * g)
        elif config.kind == "gru":
            before = found.get(key._replace(name="h"))
            h = v["h'"] if before is None else (1 - v["z"]) * v["n"] + v["z"] * before
        else:
            before = found.get(key._replace(name="h"))
            h = v["h'"]
            if before is not None:
                a = v[X_PRODUCT] + before @ w.weight_hh.T + (w.bias_hh if config.bias else 0)
                h = torch.relu(a) if config.nonlinearity == "relu" else torch.tanh(a)
        torch.testing.assert_close(v["h'"], h)


@pytest.mark.parametrize("name", ["lstm", "projected", "gru"])
def test_the_sums_and_their_gradients_are_those_of_autograd(name):
    """σ of a_i is i; and da_i, dc' are what autograd finds for the very same step."""
    call = CALLS[name]
    given, found = numbers_for(call, module_for(call)), trace.trace(call).columns[0]
    config = call.config
    squash = {gate: torch.tanh if gate in "gn" else torch.sigmoid for gate in config.gates}
    for key in [key for key in found.forward if key.name == "h'"]:
        v = {k.name: x for k, x in found.forward.items() if k[:3] == key[:3]}
        d = {k.name: x for k, x in found.backward.items() if k[:3] == key[:3]}
        for gate in config.gates:
            torch.testing.assert_close(squash[gate](v[f"a_{gate}"]), v[gate])
        if config.kind == "lstm":
            w = given.weights[key.layer][key.direction]
            dm = d["dh'"] if w.weight_hr is None else d["dh'"] @ w.weight_hr
            torch.testing.assert_close(d["da_o"], dm * v["tanh(c')"] * v["o"] * (1 - v["o"]))
            torch.testing.assert_close(d["da_i"], d["dc'"] * v["g"] * v["i"] * (1 - v["i"]))
            torch.testing.assert_close(d["dc"], d["dc'"] * v["f"])


def _names(config):
    gates = [] if config.kind == "rnn" else [*config.gates]
    return [X_PRODUCT, *gates, *(f"{name}'" for name in config.states)]


def test_the_gates_gradients_are_those_of_the_biases():
    """b_ih is added to every step's sum: its gradient is the sum of the gates' over the steps."""
    call = CALLS["lstm"]
    given = numbers_for(call, module_for(call))
    (out, last), pullback = vjp(call.config, *given)
    d_out = torch.ones_like(out)
    d_last = state_given(call.config, [torch.ones_like(s) for s in state_tuple(call.config, last)])
    found = quantities.backward(call.config, *given, d_out, d_last)
    weights = pullback(d_out, d_last).weights
    for layer in range(2):
        for direction in range(2):
            parts = [
                sum(found[Key(layer, direction, t, f"da_{gate}")].sum(0) for t in range(3))
                for gate in "ifgo"
            ]
            torch.testing.assert_close(torch.cat(parts), weights[layer][direction].bias_ih)


def test_a_column_that_is_off_is_told(capsys):
    """Its worst quantity by name; a quantity that a column lacks is not counted against it."""
    from rnn_manual.cli.console import console

    found = trace.trace(CALLS["rnn"])
    key = Key(0, 0, 1, "h'")
    theirs = found.columns[1]
    wrong = theirs._replace(forward=theirs.forward | {key: theirs.forward[key] + 1})
    assert show(console(), found, backward=True) == 0
    right = capsys.readouterr().out
    assert "every bit the loops'" in right
    assert show(console(), found._replace(columns=[found.columns[0], wrong])) == 1
    shown = capsys.readouterr().out
    assert "at most 1.0e+00 from the loops': h' of layer 0, forward, step 1" in shown
    assert "≠" in shown
    assert show(console(), found._replace(whole=False)) == 1


def test_a_third_column_has_room(capsys):
    """What it never computes is marked, with what is said of it; its products are shown too."""
    from rnn_manual.cli.console import console

    found = trace.trace(CALLS["lstm"])
    loops = found.columns[0]
    key, product = Key(0, 0, 0, "i"), Key(0, 0, 0, X_PRODUCT)
    mark = Mark(key, False, "i is σ(a_f)", "mine.py:7")
    mine = Column("mine", {product: loops.forward[product]}, {}, "not computed", mark, ok=False)
    assert show(console(), found._replace(columns=[*found.columns, mine])) == 1
    shown = capsys.readouterr().out
    assert shown.count("never computed") == 2  # rows of the batch
    assert shown.count("✗ first wrong: i is σ(a_f)\n  mine.py:7") == 1
    assert shown.count("W_ii x + b_ii") == 1
    assert "mine: 1 quantities, every bit the loops'" in shown


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_it_fits_in_60_columns(kind, capsys):
    assert main(["trace", kind, "-B", "2", "--backward"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 60
    assert any(line.startswith("dh'") for line in shown)


def test_packed_steps_have_the_rows_that_are_there():
    found = trace.trace(replace(CALLS["gru"], lengths=(1, 3, 2))).columns[0].forward
    assert [len(found[Key(0, 0, t, "h'")]) for t in range(3)] == [3, 2, 1]


def test_a_packed_row_bears_the_callers_number_and_a_sign_of_its_own(capsys):
    """The longest comes first; what is wrong in one sequence is marked there alone."""
    from rnn_manual.cli.console import console

    call = CALLS["gru"]  # of lengths 1, 3, 2
    given = numbers_for(call, module_for(call))
    first_steps = [given.input.data[int(place)] for place in given.input.unsorted_indices]
    found = trace.trace(call)
    theirs, key = found.columns[1], Key(0, 0, 0, "h'")
    off = theirs.forward[key] + torch.tensor([[0.0], [0.0], [1.0]])
    wrong = theirs._replace(forward=theirs.forward | {key: off})
    show(console(), found._replace(columns=[found.columns[0], wrong]))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    x = next(line for line in lines if line[:1] == ["x"])
    at = lines.index(x)
    for line, number in zip((x[1:], *lines[at + 1 : at + 3]), (1, 2, 0), strict=True):
        assert line[0] == f"[{number}]"
        assert float(line[1]) == first_steps[number][0]
    at = lines.index(next(line for line in lines if line[:1] == ["h'"]))
    assert [line[-1] == "≠" for line in lines[at : at + 3]] == [False, False, True]
    last = lines.index(["t", "=", "2", "the", "loops", "torch.nn"])
    assert lines[last + 1][:2] == ["x", "[1]"]  # the only one that is so long
