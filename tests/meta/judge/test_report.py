"""A failure explains itself: where, how far, how much, what it looks like, how to see it again."""

import re
from dataclasses import replace

import pytest
import torch

from rnn_manual.backprop import run_direction_backward
from rnn_manual.candidates.by_hand import run_by_hand
from rnn_manual.cli.verify.summary import totals
from rnn_manual.config import Config
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.parity import Case, Unsupported, Verdict, check
from rnn_manual.weights import read_weights
from tests.meta.judge.planted import CONFIG, wrong_at


def one_gate_wrong(module):
    """Right forward; backward, the gradient of W_hh is wrong in one gate of one direction."""
    config, weights = Config.of(module), read_weights(module)

    def walk(ops, cell_backward, w, *arguments, backward):
        d_rows, d_0, dw = run_direction_backward(
            ops, cell_backward, w, *arguments, backward=backward
        )
        if w is weights[1][1]:
            i, f, g, o = dw.weight_hh.chunk(4)
            dw = dw._replace(weight_hh=torch.cat([i, f * 2, g, o]))
        return d_rows, d_0, dw

    return lambda x, hx=None: run_by_hand(config, weights, x, hx, walk_backward=walk)


def test_the_block_names_parameter_layer_direction_and_gate_rows():
    """Of a backward wrong in one place, the text names that place, and says that values agree."""
    with pytest.raises(AssertionError) as raised:
        check(one_gate_wrong, Case(CONFIG)).assert_ok()
    lines = str(raised.value).splitlines()
    assert lines[0].endswith("disagrees with the loops on grad weight_hh_l1_reverse")
    said = {line.split()[0]: line for line in lines[1:]}
    where = (
        r"where +layer 1, backward, gate f \(rows 5\.\.9\) → grad weight_hh_l1_reverse\[[5-9], \d\]"
    )
    assert re.fullmatch(where, said["where"])
    assert "gradients by hand" in said["oracle"]
    extent = "25 of 100 elements of grad weight_hh_l1_reverse; out, h_n, c_n agree; 18 gradients"
    assert extent in said["extent"]
    assert "diagnosis" not in said  # it is like no mistake, though many have the right values


def test_the_block_says_it_all():
    """The text names candidate, place, numbers, limits, extent, case, platform and command."""
    with pytest.raises(AssertionError) as raised:
        check(wrong_at(1, 1, 6), Case(CONFIG)).assert_ok()
    lines = str(raised.value).splitlines()
    assert "disagrees with the loops on out, h_n" in lines[0]
    said = {line.split()[0]: line for line in lines[1:]}
    assert "layer 1, backward, step 6 of 0..6 (the first it processes), batch" in said["where"]
    assert "→ out[6, " in said["where"]
    numbers = (said["expected"], said["actual"], said["oracle"])
    owners = [re.fullmatch(r"(\w+ +-?[\d.e-]+ +)(.*)", line).groups() for line in numbers]
    assert [owner for _, owner in owners][::2] == ["torch loop", "NumPy loop in float64"]
    assert {len(before) for before, _ in owners} == {10 + 9 + 5 + 1}
    assert "float64" in said["oracle"]
    assert "what rounding explains" in said["error"]
    assert " of 280 elements of out" in said["extent"]
    assert "LSTM(3, 5, num_layers=2, bidirectional=True), T=7, B=4, float32" in said["case"]
    assert f"torch {torch.__version__}" in said["built"]
    assert said["again"].endswith("case.id == 'lstm-2layer-bi-f32'")


def test_a_named_candidate_gets_the_command_that_shows_it_again():
    """What the command line can name, the block says how to run again."""
    candidate = "rnn_manual.mistakes:h_0_ignored"
    with pytest.raises(AssertionError) as raised:
        check(candidate, Case(CONFIG, seed=3)).assert_ok()
    command = f'verify --candidate {candidate} --seed 3 -k "[lstm-2layer-bi-f32]"'
    assert str(raised.value).endswith(command)


def test_unsupported_is_no_failure():
    """A candidate may decline; that is its verdict, and nothing fails."""

    def build(module):
        raise Unsupported("more than one layer")

    comparison = check(build, Case(CONFIG))
    with pytest.raises(Unsupported, match="more than one layer"):
        comparison.assert_ok()
    assert comparison.verdict == Verdict.UNSUPPORTED
    assert str(comparison).splitlines()[0].endswith("declines: more than one layer")
    assert case_json(comparison)["message"] == "more than one layer"
    assert totals([case_json(comparison)])["unsupported"] == 1


def test_an_error_is_one_line():
    """What a candidate raises is its verdict, and the block says it on one line."""

    def build(module):
        raise RuntimeError("no\nsuch\nkernel")

    with pytest.raises(AssertionError, match="raised RuntimeError: no such kernel"):
        check(build, Case(CONFIG)).assert_ok()


def test_what_agrees_is_printed_too():
    """A comparison that is well prints as a report: how near it is, and on what."""
    lines = str(check(lambda module: module, Case(CONFIG))).splitlines()
    assert lines[0].endswith("agrees with the loops")
    assert [line.split()[0] for line in lines[1:]] == [
        "formula", "forward", "states", "gradients", "case", "built",
    ]  # fmt: skip


def test_what_was_printed_is_told_line_by_line():
    """Below one another, beside the name of the line."""
    found = check("torch.nn", Case(CONFIG), formulas=False)
    said = str(replace(found, printed="one\ntwo\n"))
    assert "\nprinted   one\n          two\ncase " in said


def test_a_raise_says_where():
    """A candidate that raises is told with the line of its own that did it; in JSON as well."""

    def build(module):
        def call(x, hx=None):
            return torch.zeros(3) @ torch.zeros(4), hx

        return call

    comparison = check(build, Case(CONFIG))
    assert comparison.line.startswith("test_report.py:")
    assert comparison.line.endswith("return torch.zeros(3) @ torch.zeros(4), hx")
    assert f"at        {comparison.line}" in str(comparison).splitlines()
    assert case_json(comparison)["line"] == comparison.line


def test_a_backward_that_raises_says_where():
    """The same during backward."""

    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient @ gradient

    def build(module):
        def call(x, hx=None):
            return module(Broken.apply(x), hx)

        return call

    comparison = check(build, Case(CONFIG))
    assert "return gradient @ gradient" in comparison.line
    assert f"at        {comparison.line}" in str(comparison).splitlines()
