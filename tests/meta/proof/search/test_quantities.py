"""What the loops' quantities are: named, in order, and each computed by torch.nn as well."""

import pytest

from rnn_manual.candidates.candidate import torch_nn
from rnn_manual.config import Config
from rnn_manual.parity import Case
from rnn_manual.proof.expected.quantities import backward_cells, forward_cells
from rnn_manual.proof.runs.mirrored import onednn
from rnn_manual.proof.runs.trace import traced
from rnn_manual.proof.search.missing import is_computed

CONFIGS = {
    "rnn": Config("rnn", 3, 2),
    "relu": Config("rnn", 3, 2, nonlinearity="relu"),
    "lstm": Config("lstm", 3, 2),
    "proj": Config("lstm", 3, 4, proj_size=2),
    "gru": Config("gru", 3, 2),
    "both": Config("lstm", 3, 4, proj_size=2, num_layers=2, bidirectional=True, bias=False),
}
PRODUCTS = ["W_ih x + b_ih", "W_hh h + b_hh"]
LSTM = [*PRODUCTS, "a_i", "a_f", "a_g", "a_o", "i", "f", "g", "o", "c'", "tanh(c')", "h'"]
FORWARD = {
    "rnn": [*PRODUCTS, "a", "h'"],
    "relu": [*PRODUCTS, "a", "h'"],
    "lstm": LSTM,
    "proj": [*LSTM[:-1], "o·tanh(c')", "h'"],
    "gru": [*PRODUCTS, "a_r", "a_z", "r", "z", "a_n", "n", "h'"],
}
BACKWARD = {
    "rnn": ["dh'", "da", "dh"],
    "lstm": ["dh'", "dc'", "da_i", "da_f", "da_g", "da_o", "dh", "dc"],
    "gru": ["dh'", "da_n", "da_z", "da_r", "dh"],
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("layout", ["batched", "packed"])
def test_torch_nn_computes_every_quantity(name, layout):
    """Of every cell, forward and backward: so each is the formula that its name says.

    But for a GRU's dh: autograd adds its two terms to d out one after the other.
    """
    case = Case(CONFIGS[name], 3, 3, layout=layout)
    with onednn(False):
        trace = traced(torch_nn, case)
    for cell in [*forward_cells(case), *backward_cells(case)]:
        named = [q for q in cell.quantities if (case.config.kind, q) != ("gru", "dh")]
        missing = [q for q in named if not is_computed(trace, cell, q)]
        assert missing == [], str(cell)


@pytest.mark.parametrize("name", FORWARD)
def test_their_names_and_their_order(name):
    """Those of a step forward, and of a step of the way back."""
    case = Case(CONFIGS[name], 2, 2)
    assert [list(cell.quantities) for cell in forward_cells(case)] == [FORWARD[name]] * 2
    expected = BACKWARD[case.config.kind]
    assert [list(cell.quantities) for cell in backward_cells(case)] == [expected] * 2


def test_the_order_of_cells():
    """Layer by layer, direction by direction, step by step; on the way back all is turned round."""
    case = Case(CONFIGS["both"], 3, 2)
    forward = [
        (layer, direction, step)
        for layer in (0, 1)
        for direction, steps in ((0, (0, 1, 2)), (1, (2, 1, 0)))
        for step in steps
    ]
    assert [(c.layer, c.direction, c.step) for c in forward_cells(case)] == forward
    assert [(c.layer, c.direction, c.step) for c in backward_cells(case)] == forward[::-1]


def test_the_first_of_a_direction_says_so():
    """On the way back, that is the last step."""
    case = Case(Config("gru", 3, 2, bidirectional=True), 3, 2)
    said = ["layer 0, forward, step 0", "layer 0, backward, step 2"]
    assert _first(forward_cells(case)) == [f"{place} (the first it processes)" for place in said]
    said = ["layer 0, backward, step 0", "layer 0, forward, step 2"]
    assert _first(backward_cells(case)) == [
        f"{place} (where its way back begins)" for place in said
    ]
    assert str(forward_cells(case)[1]) == "layer 0, forward, step 1"


def _first(cells):
    return [str(cell) for cell in cells if cell.first]


def test_a_zero_need_not_be_computed():
    """Zeros are everywhere: what is asked of a trace is whether the others were computed."""
    case = Case(Config("rnn", 2, 3), 2, 2)
    trace = traced(torch_nn, case)
    right = forward_cells(case)[0].quantities["h'"].values
    assert trace.has_all(right)
    for b, unit in ((0, 0), (1, 2)):
        zero, other = right.copy(), right.copy()
        zero[:, b, unit] = 0
        other[:, b, unit] += 1
        assert trace.has_all(zero)
        assert not trace.has_all(other)
    assert not trace.shows(0 * right)
