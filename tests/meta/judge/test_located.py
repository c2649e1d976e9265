"""A failure is located: to the layer, direction, step, gate and element."""

import pytest
import torch

from rnn_manual.config import Config
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Case, Verdict, check
from tests.meta.judge.planted import CONFIG, wrong_at


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
