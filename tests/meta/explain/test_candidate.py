"""`trace --candidate`: a candidate's own inner numbers, and the first that it never computes."""

import pytest
import torch

import rnn_manual
from rnn_manual.candidates import by_hand
from rnn_manual.candidates.candidate import Candidate, loops, torch_nn
from rnn_manual.cli import main
from rnn_manual.cli.console import console
from rnn_manual.cli.trace.command import show
from rnn_manual.config import Config
from rnn_manual.explain.call import Call
from rnn_manual.explain.quantities import Key
from rnn_manual.explain.trace import trace
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Unsupported

RICH = {"num_layers": 2, "bidirectional": True}
LSTM, GRU = Call(Config("lstm", 2, 2), (2, 2)), Call(Config("gru", 2, 2), (2, 2))
BOTH = Call(Config("lstm", 2, 2, **RICH), (2,))
UNEVEN = Call(Config("gru", 2, 2, **RICH), (1, 3, 3, 2), "packed")

# What is wrong, on which call, which quantity is the first wrong one, and what it is.
MARKED = [
    ("g_under_sigmoid", LSTM, Key(0, 0, 0, "g"), "σ(a_g), expected tanh(a_g)"),
    ("forget_bias_of_1", LSTM, Key(0, 0, 0, "f"), "σ(a_f + 1), expected σ(a_f)"),
    ("i_left_out", LSTM, Key(0, 0, 0, "c'"), "expected f·c + i·g"),
    ("c_not_squashed", LSTM, Key(0, 0, 0, "tanh(c')"), "h' is o·c'"),
    ("h_0_ignored", BOTH, Key(0, 0, 0, "a_i"), "is W_ii x + b_ii + b_hi, expected"),
    ("backward_not_reversed", BOTH, Key(0, 1, 1, "a_i"), ""),
    ("z_lets_in", GRU, Key(0, 0, 0, "h'"), "expected n + z·(h - n)"),
    ("reset_before_the_matmul", GRU, Key(0, 0, 0, "a_n"), "W_in x + b_in + W_hn (r·h) + b_hn"),
]
OF_GRADIENTS = [
    ("dc_through_h_missing", LSTM, "dc'"),
    ("g_derivative_of_sigmoid", LSTM, "da_g"),
]


def column_of(subject, call, name="mine:build"):
    found = trace(call, candidate=Candidate(name, subject))
    return found, found.columns[2]


@pytest.mark.parametrize(("name", "call", "key", "words"), MARKED, ids=[m[0] for m in MARKED])
def test_the_wrong_quantity_is_the_first_shown(name, call, key, words):
    """Everything that stands before it is right; itself it has the number that it really has."""
    found, column = column_of(MISTAKES[name], call)
    assert not column.ok
    assert column.mark.key == key
    assert words in column.mark.words
    assert not column.mark.backward
    loops = found.columns[0].forward
    for other in loops:
        if other == key:
            break
        if other.name[0] != "W" and other.name not in ("a_n", "a_z", "a_r"):
            assert other[:3] == key[:3] or other in column.forward
        if other in column.forward:
            torch.testing.assert_close(column.forward[other], loops[other])
    if key in column.forward:
        assert not torch.allclose(column.forward[key], loops[key])


def test_what_stands_there_has_its_own_number():
    """σ where tanh is due: the number is σ of the very a_g that the loops have."""
    found, column = column_of(MISTAKES["g_under_sigmoid"], LSTM)
    a_g = found.columns[0].forward[Key(0, 0, 0, "a_g")]
    torch.testing.assert_close(column.forward[column.mark.key], torch.sigmoid(a_g))


@pytest.mark.parametrize(("name", "call", "quantity"), OF_GRADIENTS)
def test_a_wrong_gradient_is_marked_on_the_way_back(name, call, quantity, capsys):
    found, column = column_of(MISTAKES[name], call)
    assert column.mark.backward
    assert column.mark.key.name == quantity
    assert {key.name for key in column.forward} >= {"i", "f", "g", "o", "c'", "h'"}
    assert show(console(), found, backward=True) == 1
    shown = capsys.readouterr().out
    assert f"✗ first wrong: {quantity} of layer " in shown
    assert ", expected dc" in shown
    ends = {
        said: {line.split()[-1] for line in shown.splitlines() if said in line}
        for said in ("never computed", "not computed")
    }
    assert ends == {"never computed": {"✗"}, "not computed": {"computed"}}
    assert "--backward" not in shown
    assert show(console(), found) == 1
    assert "--backward shows the numbers there" in capsys.readouterr().out


RIGHT = {
    "the loops": (loops, BOTH),
    "torch.nn": (torch_nn, BOTH),
    "a class": (rnn_manual.GRU, UNEVEN),
    "torch.nn, packed": (torch_nn, UNEVEN),
    "by hand": (by_hand.build, Call(Config("lstm", 2, 3, proj_size=2), (2,), "unbatched")),
    "relu": (torch_nn, Call(Config("rnn", 2, 2, nonlinearity="relu", batch_first=True), (2, 2))),
}


def test_torch_nn_itself_has_two_columns_of_two_names():
    names = [
        column.name for column in trace(LSTM, candidate=Candidate("torch.nn", torch_nn)).columns
    ]
    assert names == ["the loops", "torch.nn", "torch.nn, followed"]


@pytest.mark.parametrize(("subject", "call"), RIGHT.values(), ids=RIGHT)
def test_all_gates_of_a_right_one_are_found(subject, call, capsys):
    """Those of torch.nn's kernels as well; each is the loops' number; nothing is marked."""
    found, column = column_of(subject, call)
    assert column.ok
    assert column.mark is None
    assert column.verdict[0] == "the loops' formulas, proved, gradients too"
    for ours, its in (
        (found.columns[0].forward, column.forward),
        (found.columns[0].backward, column.backward),
    ):
        # Of n's sum, a GRU's kernel never has the parts that a textbook writes.
        assert {k for k in ours if k.name[0] != "W" and k.name != "a"} <= its.keys()
        for key in ours.keys() & its.keys():
            torch.testing.assert_close(its[key], ours[key], rtol=1e-12, atol=1e-12)
    assert show(console(), found, backward=True) == 0
    assert "✗" not in capsys.readouterr().out


def test_it_is_marked_where_it_stands(capsys):
    """In the table of its own step, by the line of its own code."""
    found, _ = column_of(MISTAKES["c_not_squashed"], LSTM)
    assert show(console(), found) == 1
    shown = capsys.readouterr().out
    first, second = shown.split("t = 1")
    mark = "✗ first wrong: tanh(c') is left out: h' is o·c', expected tanh(c')"
    assert mark in first
    assert "equations.py:" in first
    assert "✗" not in second
    assert "mine:build: " in second
    assert "another formula than the loops'" in second


def leaves_torch(module):
    def call(x, hx=None):
        out, state = module(x, hx)
        return torch.tensor(out.detach().numpy()) + (out - out.detach()), state

    return call


def raises(module):
    def call(x, hx=None):
        raise RuntimeError("not today")

    return call


def declines(module):
    raise Unsupported("all of it")


def test_what_cannot_be_followed_is_said(capsys):
    found, column = column_of(leaves_torch, LSTM)
    assert column.ok
    assert column.verdict[0] == "its formulas are not known"
    assert "values left torch" in column.verdict[1]
    assert Key(0, 0, 1, "c'") in column.forward
    found, column = column_of(raises, LSTM)
    assert not column.ok
    assert show(console(), found) == 1
    assert "it could not be followed: RuntimeError: not today" in capsys.readouterr().out
    assert not column_of(MISTAKES["onednn_left_off"], LSTM)[1].ok  # raised, as it was proved only
    compiled = Candidate("compile", torch_nn, "compile")
    assert show(console(), trace(LSTM, candidate=compiled)) == 0
    shown = capsys.readouterr().out
    assert "compile: none of its quantities is seen\n  its formulas are not known" in shown
    assert "generated kernels" in shown
    with pytest.raises(Unsupported, match="all of it"):
        column_of(declines, LSTM)


def test_a_call_that_it_declines_is_one_line(capsys):
    assert main(["trace", "gru", "--candidate", "examples/mine.py:build"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("rnn-manual: examples/mine.py:build declines this call: rnn, gru")
    assert main(["trace", "gru", "--candidate", "nothing"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_mode_is_followed_as_it_runs():
    """Its second run, on numbers, executes what its first did: of rows, one after the other."""
    found = trace(LSTM, candidate=Candidate("rows", torch_nn, "rows"))
    assert found.columns[2].verdict[0] == "the loops' formulas, proved, gradients too"
    assert Key(0, 0, 1, "c'") in found.columns[2].forward
