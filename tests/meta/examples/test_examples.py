"""The examples do what they say."""

import runpy
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import rnn_manual
from rnn_manual.parity import Unsupported, check, select

EXAMPLES = Path(__file__).parents[3] / "examples"


def run(name, as_script=False):
    return runpy.run_path(str(EXAMPLES / name), run_name="__main__" if as_script else "example")


def plain_cases():
    """Of one layer and one direction, as a learner's LSTM takes them."""
    found = [case for case in select("standard") if case.id.startswith(("lstm-f32", "lstm-I1-f64"))]
    assert found
    return found


@pytest.mark.parametrize("name", ["plain_lstm.py", "uses.py"])
def test_as_a_script_it_says_that_the_two_are_the_same(name, capsys):
    run(name, as_script=True)
    shown = capsys.readouterr().out
    assert "True" in shown
    assert "False" not in shown


def test_every_use_gives_the_same_with_the_loops():
    """F1: one to one, one to many, many to one, many to many, encoder and decoder."""
    uses = run("uses.py")
    theirs = uses["all_uses"](lambda layer: layer)
    ours = uses["all_uses"](rnn_manual.LSTM.from_torch)
    assert len(theirs) == 5
    for name, result in theirs.items():
        torch.testing.assert_close(ours[name], result)
    torch.testing.assert_close(theirs["many to one"], theirs["many to many"][-1])


def test_the_uses_depend_on_what_they_are_said_to():
    """The decoder on the encoder's state; a later step of one to many on the first one's out."""
    uses = run("uses.py")
    torch.manual_seed(1)
    layer, other, back = nn.LSTM(3, 5), nn.LSTM(3, 5), nn.Linear(5, 3)
    x = torch.randn(7, 4, 3, requires_grad=True)
    last = uses["encoder_decoder"](layer, other, back, x, steps=3)[-1]
    (gradient,) = torch.autograd.grad(last.sum(), x)
    assert (gradient.abs().sum((1, 2)) > 0).all()
    made = uses["one_to_many"](layer, back, x[0], steps=3)
    (gradient,) = torch.autograd.grad(made[-1].sum(), x)
    assert gradient[0].abs().sum() > 0


def test_the_toy_table_is_learned_alike(capsys):
    """C5's: the loss falls, every row is right in the end, and both curves are one."""
    with torch.backends.mkldnn.flags(enabled=False):
        found = run("toy_table.py", as_script=True)
    theirs, ours = found["theirs"], found["ours"]
    assert found["right"] == found["right_too"] == 6
    assert theirs[-1] < theirs[0] / 100
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), rtol=1e-4, atol=1e-7)
    assert "right: 6 and 6 of 6" in capsys.readouterr().out


@pytest.mark.parametrize("case", plain_cases(), ids=str)
def test_the_plain_lstm_agrees_and_mine_is_told_why_it_does_not(case):
    check(run("plain_lstm.py")["build"], case).assert_ok()
    found = check(run("mine.py")["build"], case)
    assert found.verdict.fails
    if case.config.hidden_size > 1:
        assert "gates g and o exchanged" in found.diagnosis


def test_the_pytest_file_holds_it_against_the_cases(monkeypatch):
    """It passes where it computes, is skipped where it declines, and fails for what is wrong.

    (That `parametrize` hands it its cases is the plugin's test. Not by pytester in this process:
    it forgets what was imported meanwhile, and torch cannot be imported twice.)
    """
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.delitem(sys.modules, "plain_lstm", raising=False)
    test = run("test_my_lstm.py")["test_my_lstm"]
    found = {case.id: case for case in select("standard")}
    test(found["lstm-f64"])
    with pytest.raises(Unsupported):
        test(found["lstm-bi-f32"])
    test.__globals__["build"] = run("mine.py")["build"]
    with pytest.raises(AssertionError, match="disagrees with the loops"):
        test(found["lstm-f64"])
    monkeypatch.delitem(sys.modules, "plain_lstm")
