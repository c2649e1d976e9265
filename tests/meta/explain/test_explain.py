"""`explain`: what it shows is right, is read off runs, and is seen to fail where it is wrong."""

import re
from dataclasses import replace
from functools import partial

import pytest
import torch
from rich.console import Console
from torch import nn

from rnn_manual.cli import main
from rnn_manual.cli.explain import command
from rnn_manual.cli.layer_options import call_for
from rnn_manual.cli.parser import parser
from rnn_manual.config import Config
from rnn_manual.explain import checked
from rnn_manual.explain import equations as e
from rnn_manual.explain.call import Call, module_for, numbers_for, runs
from rnn_manual.explain.checked import dropout_holds, equations_hold, parameters_hold, shapes_hold
from rnn_manual.explain.packed import sequences
from rnn_manual.explain.states import bands, c_apart, equalities
from rnn_manual.layout import run
from rnn_manual.ops import TorchOps

LAYERS = {
    "the issue's": "lstm --num-layers 2 --bidirectional --batch-first -T 7 -B 4",
    "one of everything": "gru -T 1 -B 1 --input-size 1 --hidden-size 1",
    "relu": "rnn --nonlinearity relu --hidden-size 1 --no-bias",
    "projected": "lstm --proj-size 2 --num-layers 3 --bidirectional --dropout 0.5 -T 30",
    "unbatched": "rnn --unbatched --bidirectional --batch-first",
    "packed": "gru --packed 3 5 1 5 --bidirectional --num-layers 2 --batch-first",
    "packed, one way": "lstm --packed",
    "dropout of all": "rnn --num-layers 2 --dropout 1",
}


def asked(words):
    return call_for(parser().parse_args(["explain", *words.split()]))


@pytest.mark.parametrize("words", LAYERS.values(), ids=LAYERS)
def test_every_check_holds_and_fits_in_60_columns(words, capsys):
    assert main(["explain", *words.split()]) == 0
    shown = capsys.readouterr().out
    assert "✗" not in shown
    assert shown.count("✓") >= 5
    assert max(map(len, shown.splitlines())) <= 60


def test_a_terminal_of_60_columns_cuts_nothing(capsys):
    """Nor is anything told by colour alone: without colours the words are the same."""
    call = asked(LAYERS["the issue's"])
    given, ran = numbers_for(call, module_for(call)), runs(call)
    wide, narrow = (Console(width=width, record=True, quiet=False) for width in (200, 60))
    for console in (wide, narrow):
        command.show(console, call, given, ran)
    capsys.readouterr()
    words = [c.export_text().split() for c in (wide, narrow)]
    assert words[0] == words[1]


def test_what_somebody_can_answer_from_it(capsys):
    """For 3 layers, two directions, batch first: every shape, and where each row of h_n is."""
    sizes = "--input-size 3 --hidden-size 5 --num-layers 3 -T 7 -B 4"
    main(["explain", "lstm", *sizes.split(), "--bidirectional", "--batch-first"])
    shown = re.sub(" +", " ", capsys.readouterr().out)
    for line in (
        "input (B, T, I) (4, 7, 3)",
        "h_0 (L·2, B, H) (6, 4, 5)",
        "out (B, T, 2·H) (4, 7, 10)",
        "c_n (L·2, B, H) (6, 4, 5)",
        "weight_ih_l2_reverse (4·H, 2·H) (20, 10) 200",
        "i 0..4, f 5..9, g 10..14, o 15..19",
        "layer 2 → 0:5 · · · · · · [4]",
        "layer 2 ← 5:10 [5] · · · · · ·",
        "h_n[0] not in out (layer 1 reads it)",
        "h_n[4] = out[:, 6, 0:5]",
        "h_n[5] = out[:, 0, 5:10]",
        "backward goes down in t: its last state is at t = 0",
    ):
        assert line in shown
    theirs = nn.LSTM(3, 5, num_layers=3, bidirectional=True, batch_first=True)
    count = sum(p.numel() for p in theirs.parameters())
    assert f"all {count}" in shown


def test_of_a_packed_batch_the_last_outputs(capsys):
    """Against torch's own unpacking."""
    call = Call(Config("lstm", 2, 3, bidirectional=True), (2, 4, 1), "packed")
    ran = runs(call)
    padded, lengths = nn.utils.rnn.pad_packed_sequence(ran[1].out)
    assert lengths.tolist() == [2, 4, 1]
    for one in sequences(call, ran):
        forward, backward = (ran[1].out.data[one.last_row(d)] for d in (0, 1))
        assert torch.equal(forward, padded[one.length - 1, one.number])
        assert torch.equal(backward, padded[0, one.number])
    main(["explain", "lstm", "--packed", "2", "4", "1", "--bidirectional"])
    assert "h_n[0, 1] = out.data[6, 0:5]" in capsys.readouterr().out


LSTM = Call(Config("lstm", 3, 5, num_layers=2, bidirectional=True), (7,) * 4)


def test_a_map_that_is_not_so_is_seen():
    """h_n's rows exchanged; a backward direction whose output was not put in order of t."""
    ours, theirs = runs(LSTM)
    turned = theirs._replace(out=theirs.out.flip(0))
    exchanged = theirs._replace(states=(theirs.states[0].flip(0), theirs.states[1]))
    assert all(one.holds and one.alone for one in equalities(LSTM, [ours, theirs]))
    assert [one.holds for one in equalities(LSTM, [ours, turned])] == [True, True, False, False]
    assert not any(one.holds for one in equalities(LSTM, [ours, exchanged])[2:])
    found = bands(LSTM, ours._replace(outputs=[h.flip(0) for h in ours.outputs]))
    assert [cell.row for cell in found[0].cells] == [2, *[None] * 6]


def test_a_packed_map_that_is_not_so_is_seen():
    call = replace(LSTM, lengths=(3, 1, 5), layout="packed")
    ours, theirs = runs(call)
    unsorted = theirs._replace(states=(theirs.states[0][:, [2, 0, 1]], theirs.states[1]))
    assert all(all(one.holds) for one in sequences(call, [ours, theirs]))
    assert not any(any(one.holds) for one in sequences(call, [ours, unsorted]))


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_wrong_line_is_seen(kind, monkeypatch):
    """Each line, without its last term or with another sign, gives something else."""
    call = replace(LSTM, config=replace(LSTM.config, kind=kind))
    given, ran = numbers_for(call, module_for(call)), runs(call)
    right = e.equations(call)
    assert equations_hold(e.run_as_shown(call, given)[0], ran).holds
    for k, line in enumerate(right):
        wrong = line._replace(expression=f"-({line.expression})")
        lines = [*right[:k], wrong, *right[k + 1 :]]
        monkeypatch.setattr(e, "equations", lambda call, lines=lines: lines)
        assert not equations_hold(e.run_as_shown(call, given)[0], ran).holds, line


def test_shapes_and_parameters_that_are_not_so_are_seen(monkeypatch):
    ran = runs(LSTM)
    first = replace(LSTM, config=replace(LSTM.config, batch_first=True))
    assert shapes_hold(LSTM, ran).holds
    assert not shapes_hold(first, ran).holds
    assert parameters_hold(LSTM).holds
    other = module_for(replace(LSTM, config=replace(LSTM.config, bias=False)))
    monkeypatch.setattr("rnn_manual.explain.checked.module_for", lambda call: other)
    assert not parameters_hold(LSTM).holds


def test_what_is_said_of_states_and_batch_first_is_seen_to_fail(monkeypatch):
    """Ones for a state left out; c_n put out; batched input, where batch_first does matter."""
    given = numbers_for(LSTM, module_for(LSTM))
    assert checked.zeros_hold(LSTM, given).holds
    square = replace(LSTM, lengths=(4,) * 4)
    packed = replace(LSTM, layout="packed")
    for call, holds in ((square, False), (packed, True)):
        its = numbers_for(call, module_for(call))
        assert checked.first_changes_nothing(call, its).holds is holds
    ours, theirs = runs(LSTM)
    assert c_apart(LSTM, [ours, theirs])
    assert not c_apart(LSTM, [ours, theirs._replace(states=(theirs.states[0],) * 2)])
    plain = checked.run_loops

    def with_ones(call, given):
        ones = tuple(map(torch.ones_like, numbers_for(call, module_for(call)).state))
        return plain(call, given._replace(state=ones) if given.state is None else given)

    monkeypatch.setattr(checked, "run_loops", with_ones)
    assert not checked.zeros_hold(LSTM, given).holds


def test_dropout_that_is_not_so_is_seen(monkeypatch):
    """What stays is not scaled."""
    call = replace(LSTM, config=replace(LSTM.config, dropout=0.5))
    given = numbers_for(call, module_for(call))
    assert dropout_holds(call, given).holds

    class Unscaled(TorchOps):
        def dropout(self, x, p):
            return super().dropout(x, p) * (1 - p)

    monkeypatch.setattr(checked, "run", partial(run, ops=Unscaled()))
    assert not dropout_holds(call, given).holds


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lstm --proj-size 5", "proj_size must be in 0..4"),
        ("gru --proj-size 1", "only lstm takes proj_size"),
        ("gru --nonlinearity relu", "only rnn takes nonlinearity"),
        ("rnn --hidden-size 0", "hidden_size must be an int, at least 1"),
        ("rnn -T 0", "T and B must be at least 1"),
        ("gru --packed 3 1 2 -T 5", "lengths 3 1 2 are -T 3 -B 3, got -T 5"),
        ("gru --packed 3 1 2 -B 2 -T 3", "lengths 3 1 2 are -T 3 -B 3, got -T 3 -B 2"),
        ("gru --unbatched -B 4", "unbatched input is one sequence, got -B 4"),
        ("rnn --packed 3 0", "at least one step"),
    ],
)
def test_bad_input_gets_one_line(words, said, capsys):
    assert main(["explain", *words.split()]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
