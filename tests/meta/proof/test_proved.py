"""Layers that compute the loops' formulas are proved, however they are written."""

import pytest
import torch

from rnn_manual.candidates import by_hand
from rnn_manual.parity import Unsupported, prove
from tests.meta.candidates.right.classes import CLASSES, PlainGRU, PlainLSTM, PlainRNN
from tests.meta.candidates.right.functions import RIGHT
from tests.meta.proof.proving import missing
from tests.meta.proof.small import small
from tests.meta.proof.written import OTHERWISE, Lerp, ReluByChoice

OPEN = {"NumPy"}  # whose values leave torch


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_cell_written_otherwise_is_proved(name):
    """Forward and every gradient, whatever the order of its sums and the operations it takes."""
    found = prove(OTHERWISE[name], small("lstm")).formula
    assert found.verdict == "proved", found
    assert len(found.tensors) == 10
    assert set(found.tensors.values()) == {"proved"}
    assert missing(OTHERWISE[name], small("lstm", layers=2, bidirectional=True)) == []


def test_lerp_and_a_choice_by_sign_are_proved():
    """A GRU by lerp and addcmul; an RNN whose relu chooses where x > 0."""
    assert prove(Lerp, small("gru")).formula.verdict == "proved"
    assert prove(ReluByChoice, small("rnn", nonlinearity="relu")).formula.verdict == "proved"


@pytest.mark.parametrize("plain", [PlainLSTM, PlainGRU, PlainRNN])
def test_a_masked_padded_batch_is_proved_for_packed_input(plain):
    """Where sequences that have ended keep their state by a mask, in both directions."""
    case = small(plain.kind, B=3, layout="packed", bidirectional=True)
    assert prove(plain, case).formula.verdict == "proved"


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("name", RIGHT)
def test_the_right_ones_are_proved(name, kind):
    """All right candidates that stay within torch; of the one in NumPy, it is told that it left."""
    case = small(kind, layers=2)
    if name == "a copy of the weights" and kind != "lstm":
        with pytest.raises(Unsupported, match="all but LSTMs"):
            prove(RIGHT[name], case)
        return
    found = prove(RIGHT[name], case).formula
    if name in OPEN:
        assert found.verdict == "open"
        assert "values left torch and came back: weights.py:" in found.reason
    else:
        assert found.verdict == "proved", found


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_gradients_by_hand_are_proved(kind):
    """The torch loops, taken back by hand in an autograd.Function."""
    case = small(kind, layers=2, bidirectional=True)
    assert prove(by_hand.build, case).formula.verdict == "proved"


@pytest.mark.parametrize("name", CLASSES)
def test_the_right_classes_are_proved(name):
    """The drop-ins, nn's own and what inherits from it, with a projection or without."""
    kind, layer = CLASSES[name]
    projected = {"proj_size": 1} if kind == "lstm" and "plain" not in name else {}
    assert prove(layer, small(kind, bidirectional=True, **projected)).formula.verdict == "proved"


@pytest.mark.parametrize("layout", ["batched", "packed"])
def test_rows_that_are_one_row_in_memory_are_proved(layout):
    """Input, states and what multiplies the outputs may each be one row, expanded to a batch."""
    case = small("gru", layout=layout, memory="expanded", bidirectional=True)
    assert prove("torch.nn", case).formula.verdict == "proved"


def test_a_layout_of_ones_own_is_followed_through_the_copy():
    """A build function may copy the weights into whatever it computes with."""

    def build(module):
        W = torch.empty(4, 2, 4, dtype=module.weight_ih_l0.dtype)
        with torch.no_grad():
            W[..., :2] = module.weight_ih_l0.view(4, 2, 2)
            W[..., 2:].copy_(module.weight_hh_l0.view(4, 2, 2))
            b = module.bias_ih_l0.clone().add_(module.bias_hh_l0).view(4, 1, 2)
        W = W[[3, 0, 2, 1]].transpose(1, 2).contiguous()  # o, i, g, f, as columns
        b = b.index_select(0, torch.tensor([3, 0, 2, 1]))

        def call(x, hx):
            h, c = hx[0][0], hx[1][0]
            outs = []
            for x_t in x:
                o, i, g, f = torch.baddbmm(b, torch.cat([x_t, h], 1).expand(4, -1, -1), W)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                outs.append(h)
            return torch.stack(outs), (h[None], c[None])

        return call

    found = prove(build, small("lstm")).formula
    assert found.verdict == "proved", found
    assert {"out", "h_n", "c_n", "grad input"} <= set(found.tensors)
    assert "but for gradients that are not there, as grad weight_ih_l0" in found.said


@pytest.mark.parametrize(
    "about",
    [{}, {"call": "no_grad"}, {"call": "inference_mode"}, {"call": "after another"},
     {"training": False, "layers": 2, "dropout": 0.5}],
    ids=lambda about: " ".join(map(str, about.values())) or "plain",
)  # fmt: skip
def test_each_way_of_calling_is_proved_by_itself(about):
    """A branch for inference, or for the second call, cannot hide: it is run and compared."""
    assert prove(lambda module: module, small("gru", **about)).formula.verdict == "proved"

    class Fast(PlainGRU):
        def step(self, x, w, h):
            (new_h,) = super().step(x, w, h)
            self.calls = getattr(self, "calls", 0) + 1
            off = not torch.is_grad_enabled() or not self.training or self.calls > 9
            return (new_h * 1.0001 if off else new_h,)

    if about.get("layers"):
        return
    expected = "other" if about else "proved"
    assert prove(Fast, small("gru", **about)).formula.verdict == expected
