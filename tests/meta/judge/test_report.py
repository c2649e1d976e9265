"""A failure explains itself: where, how far, how much, what it looks like, how to see it again."""

import re

import pytest
import torch

import rnn_manual
from rnn_manual.backprop import run_direction_backward
from rnn_manual.candidates.by_hand import run_by_hand
from rnn_manual.cli.verify.summary import totals
from rnn_manual.config import Config
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.layout import run
from rnn_manual.loops import run_direction
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Case, Unsupported, Verdict, check
from rnn_manual.weights import read_weights

CONFIG = Config("lstm", 3, 5, num_layers=2, bidirectional=True)


def wrong_at(layer, direction, step):
    """A candidate whose h is off by an eighth at one step of one direction of one layer."""

    def build(module):
        config, weights = Config.of(module), read_weights(module)
        w_there = weights[layer][direction]

        def walk(ops, cell, w, rows, sizes, state, backward):
            if w is not w_there:
                return run_direction(ops, cell, w, rows, sizes, state, backward)
            order = iter(reversed(range(len(sizes))) if backward else range(len(sizes)))

            def off(ops, w, x, h, c):
                h, c = cell(ops, w, x, h, c)
                return (h + 0.125 if next(order) == step else h), c

            return run_direction(ops, off, w, rows, sizes, state, backward)

        return lambda x, hx=None: run(config, weights, x, hx, walk=walk)

    return build


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("step", [0, 3, 6])
@pytest.mark.parametrize("layout", ["batched", "batch_first", "unbatched", "packed"])
def test_the_last_layer_is_located_to_the_step(direction, step, layout):
    """A fault planted at a step of the last layer is found at that layer, direction and step."""
    batch_first = layout == "batch_first"
    config = Config("lstm", 3, 5, 2, bidirectional=True, batch_first=batch_first)
    case = Case(config, layout="batched" if batch_first else layout)
    comparison = check(wrong_at(1, direction, step), case, formulas=False)
    assert comparison.verdict == Verdict.DIFFERS
    assert comparison.where.place[:3] == (1, direction, step)
    assert comparison.where.tensor == "out"


@pytest.mark.parametrize("direction", [0, 1])
def test_lower_layers_are_located_by_their_last_state(direction):
    """A fault in a lower layer is found in that layer and direction."""
    comparison = check(wrong_at(0, direction, 3), Case(CONFIG), formulas=False)
    assert comparison.where.place[:2] == (0, direction)


@pytest.mark.parametrize(("gate", "row"), [("i", 2), ("f", 7), ("g", 12), ("o", 19)])
def test_a_wrong_gradient_is_located_to_the_gate(gate, row):
    """A gradient wrong in one row of a weight is found in that parameter and gate."""

    def build(module):
        weight = module.weight_hh_l1_reverse
        weight.register_hook(lambda g: g + torch.eye(len(g))[:, row : row + 1] * 0.125)
        return module

    comparison = check(build, Case(CONFIG), formulas=False)
    assert comparison.where.tensor == "grad weight_hh_l1_reverse"
    assert comparison.where.place == (1, 1, None, gate)
    assert comparison.where.index[0] == row
    with pytest.raises(AssertionError, match=f"layer 1, backward, gate {gate}"):
        comparison.assert_ok()


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


@pytest.mark.parametrize(
    ("name", "kind", "gates"),
    [
        ("g_derivative_of_sigmoid", "lstm", "g"),
        ("i_and_f_derivatives_exchanged", "lstm", "if"),
        ("dn_not_scaled_by_r", "gru", "n"),
    ],
)
def test_a_wrong_cell_backward_is_located_to_its_gate(name, kind, gates):
    """What is wrong in all layers and soon in all gates is located where it is made first."""
    where = check(MISTAKES[name], Case(Config(kind, 3, 5, num_layers=2)), formulas=False).where
    assert where.place.layer == 1
    assert where.place.gate in gates


def test_gradients_of_input_and_state_are_located():
    """Where no parameter's gradient differs, layer, direction, step and row still tell."""
    config = Config("gru", 3, 5, num_layers=2, bidirectional=True)
    with pytest.raises(AssertionError, match=r"where +layer 1, \w+ward, unit \d → grad h_0"):
        check(MISTAKES["d_h_0_left_sorted"], Case(config, layout="packed")).assert_ok()
    lost = MISTAKES["dx_of_the_backward_direction_lost"]
    with pytest.raises(AssertionError, match=r"where +layer 0, step \d of 0..6, batch \d, feature"):
        check(lost, Case(Config("gru", 3, 5, bidirectional=True))).assert_ok()


def test_the_block_says_it_all():
    """The text names candidate, place, numbers, limits, extent, case, platform and command."""
    with pytest.raises(AssertionError) as raised:
        check(wrong_at(1, 1, 6), Case(CONFIG)).assert_ok()
    lines = str(raised.value).splitlines()
    assert "disagrees with the loops on out, h_n" in lines[0]
    said = {line.split()[0]: line for line in lines[1:]}
    assert "layer 1, backward, step 6 of 0..6 (the first it processes), batch" in said["where"]
    assert "→ out[6, " in said["where"]
    assert "torch loop" in said["expected"]
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


def test_no_gradients_are_not_agreeing_gradients():
    """A candidate without gradients gets `unsupported` for each, not a pass on nothing."""

    def build(module):
        weights = read_weights(module.requires_grad_(False))
        return lambda x, hx=None: run(CONFIG, weights, x.data)

    comparison = check(build, Case(CONFIG, state="omitted"))
    gradients = {v.verdict for n, v in comparison.tensors.items() if n.startswith("grad ")}
    assert gradients == {Verdict.UNSUPPORTED}
    assert comparison.verdict == Verdict.IDENTICAL


def test_a_gradient_that_stops_at_the_input_differs():
    """Where any gradient flows, one that is missing is wrong, not unsupported."""

    def build(module):
        return lambda x, hx=None: module(x.detach(), hx)

    comparison = check(build, Case(CONFIG))
    assert comparison.tensors["grad input"].verdict == Verdict.DIFFERS
    assert comparison.tensors["grad weight_ih_l0"].verdict != Verdict.DIFFERS


def test_a_packed_out_keeps_the_order_of_its_input():
    """A packed out without the input's permutation is out of order, though its rows are right."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            return out._replace(sorted_indices=None, unsorted_indices=None), state

        return call

    comparison = check(build, Case(CONFIG, layout="packed"))
    assert comparison.verdict == Verdict.ERROR
    assert "out.sorted_indices is None" in comparison.message


def test_the_callers_input_is_left_alone():
    """A candidate that changes its input in place is wrong, whatever it returns."""

    def build(module):
        def call(x, hx=None):
            returned = module(x, hx)
            with torch.no_grad():
                x.add_(1)
            return returned

        return call

    assert "changed its input in place" in check(build, Case(CONFIG)).message


def test_a_backward_that_raises_leaves_the_values_compared():
    """What went right forward is still compared; the backward is an error, on one line."""

    def build(module):
        def broken(gradient):
            raise RuntimeError("boom")

        def call(x, hx=None):
            out, state = module(x, hx)
            out.register_hook(broken)
            return out, state

        return call

    comparison = check(build, Case(CONFIG))
    assert not comparison.tensors["out"].verdict.fails
    assert comparison.tensors["grad input"].verdict == Verdict.ERROR
    with pytest.raises(AssertionError, match="more: RuntimeError: boom"):
        comparison.assert_ok()


def test_frozen_weights_are_no_fault():
    """Gradients of what is frozen are unsupported; the others are compared."""
    comparison = check(lambda module: module.requires_grad_(False), Case(CONFIG))
    assert not comparison.tensors["grad input"].verdict.fails
    assert comparison.tensors["grad input"].verdict != Verdict.UNSUPPORTED
    assert comparison.tensors["grad weight_ih_l0"].verdict == Verdict.UNSUPPORTED
    assert not comparison.verdict.fails


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


COPIED = "weights' gradients: not compared (a copy of the weights)"


def copying(module):
    config, weights = Config.of(module), rnn_manual.copy_weights(module)
    return lambda x, hx=None: run(config, weights, x, hx)


def detaching(module):
    config, weights = Config.of(module), read_weights(module)
    detached = tuple(tuple(w.map(lambda t: t.detach()) for w in layer) for layer in weights)
    return lambda x, hx=None: run(config, detached, x, hx)


def freezing(module):
    return module.requires_grad_(False)


def without_gradients(module):
    def call(x, hx=None):
        with torch.no_grad():
            return module(x, hx)

    return call


def declining(module):
    def refuse(gradient):
        raise Unsupported("training")

    def call(x, hx=None):
        out, state = module(x, hx)
        out.register_hook(refuse)
        return out, state

    return call


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (copying, COPIED),
        (detaching, COPIED),
        (freezing, "weights' gradients: not compared (frozen)"),
        (without_gradients, "gradients: not compared (no gradient at all)"),
        (declining, "gradients: not compared (declined: training)"),
    ],
)
def test_why_gradients_were_not_compared_is_said(build, said):
    """Copied, frozen, none at all and declined are four facts, and each is told as what it is."""
    comparison = check(build, Case(CONFIG))
    assert not comparison.verdict.fails
    assert f"but       {said}" in str(comparison).splitlines()


def test_a_mistake_of_gradients_is_not_named_where_there_are_none():
    """Of a layer that is wrong forward and has no gradients, no wrong backward is the diagnosis."""

    def build(module):
        config, weights = Config.of(module), rnn_manual.copy_weights(module)
        no_bias = tuple(tuple(w._replace(bias_ih=None) for w in layer) for layer in weights)

        def call(x, hx=None):
            with torch.no_grad():
                return run(config, no_bias, x, hx)

        return call

    assert check(build, Case(CONFIG)).diagnosis == 'behaves exactly like the mistake "b_ih dropped"'


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
