"""Where no gradient of a state is asked for, a wrong one is found by what is sent down."""

from functools import partial

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.proof.search.backwards import GRUStep
from tests.meta.proof.small import small


def stacked(wrong, module, x, h=None):
    """The same for a GRU of several layers and directions; of these, the last one is wrong."""
    D, ends = 2 if module.bidirectional else 1, []
    for layer in range(module.num_layers):
        outs = []
        for d, w in enumerate(module.all_weights[D * layer :][:D]):
            h, out = x.new_zeros(x.shape[1], module.hidden_size), []
            for k, step in enumerate(x.flip(0) if d else x):
                here = d == D - 1 and (k == 0 or not wrong.endswith(" at first"))
                h = GRUStep.apply(wrong.removesuffix(" at first") if here else "", step, h, *w)
                out.append(h)
            outs.append(torch.stack(out[::-1] if d else out))
            ends.append(h)
        x = torch.cat(outs, -1)
    return x, torch.stack(ends)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    ("T", "wrong", "step"), [(1, "r twice", 0), (3, "r twice", 2), (3, "r twice at first", 0)]
)
def test_a_gradient_is_found_by_what_is_sent_down(bidirectional, layers, T, wrong, step):
    """Where no state is asked for, to the layer below or to the input."""
    about = {"layers": layers, "bidirectional": bidirectional, "state": "omitted"}
    case = small("gru", T=T, H=3, B=4, **about)
    found = prove(lambda module: partial(stacked, wrong, module), case).formula
    assert (found.where.quantity, found.where.layer) == ("da_r", layers - 1)
    assert found.where.step == (T - 1 - step if bidirectional else step)
    assert "·r·(1 - r)·r, expected da_n·(W_hn h + b_hn)·r·(1 - r)" in found.instead
    assert "  da_r = da_r * r" in found.where.line
    right = prove(lambda module: partial(stacked, "", module), case).formula
    assert right.verdict == "proved"


@pytest.mark.parametrize("layers", [1, 2])
def test_a_right_gradient_is_not_blamed_for_what_is_sent_down(layers):
    """The gradients of weights are right, so those of the gates are."""
    case = small("gru", H=3, B=4, layers=layers, state="omitted")
    found = prove(lambda module: partial(stacked, "dx", module), case).formula
    assert found.tensors[f"grad weight_ih_l{layers - 1}"] == "proved"
    assert "da_r" not in found.instead
