"""Of a layer that is wrong in one place no other is named, and no part is taken for the whole."""

import pytest
import torch

from rnn_manual.candidates import by_hand
from rnn_manual.candidates.catalogue import as_candidate, unsupported
from rnn_manual.candidates.errors import Unsupported, Violation
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import CLASSES, PlainLSTM, PlainRNN
from tests.meta.candidates.right.functions import RIGHT
from tests.meta.candidates.right.ways import WAYS
from tests.meta.proof.proving import missing
from tests.meta.proof.search.wrong_cells import projecting
from tests.meta.proof.small import small

RIGHT = {
    **{name: layer for name, layer in RIGHT.items() if name != "NumPy"},
    **{name: layer for name, (_, layer) in CLASSES.items()},
    **WAYS,
    "by hand": by_hand.build,
}
# In a stack, both ways, of shorter sequences, without a first state.
CALLED = [
    {"layers": 2},
    {"layers": 2, "bidirectional": True, "layout": "packed", "B": 3},
    {"bias": False, "bidirectional": True, "state": "omitted"},
    {"call": "second derivatives"},
]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", RIGHT)
def test_of_a_right_layer_no_quantity_is_missing(name):
    """So none that is innocent is named of a layer that is wrong elsewhere."""
    cases = [small(kind, **about) for kind in ("lstm", "gru", "rnn") for about in CALLED]
    taken = [case for case in cases if takes(RIGHT[name], case)]
    assert len(taken) > 1
    assert [said for case in taken for said in missing(RIGHT[name], case)] == []


def takes(layer, case):
    """Whether a layer can be run on a case: some are of one kind, and not of every option."""
    if unsupported(as_candidate(layer), case, "cpu"):
        return False
    try:
        run_candidate(layer, case)
    except (Unsupported, Violation):
        return False
    return True


def out_after_the_loop(scale=lambda W: W):
    """An LSTM whose out is computed for all steps at once, and h for the next step by itself.

    Autograd then adds d out and dh where o and c' are, and never to dh'.
    """

    def build(module):
        def call(x, hx):
            (h,), (c,) = hx
            W, U, b, d = module.parameters()
            os, cs = [], []
            for x_t in x:
                i, f, g, o = (x_t @ scale(W).T + b + h @ U.T + d).chunk(4, 1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                os.append(o)
                cs.append(c)
            return torch.stack(os).sigmoid() * torch.stack(cs).tanh(), (h[None], c[None])

        return call

    return build


def times(number, x):
    """The same value, whose gradient is so many times as large."""
    return number * x + ((1 - number) * x).detach()


def test_what_is_added_up_later_is_not_missing():
    """dh' is computed nowhere, and all that is made of it is right."""
    case = small("lstm")
    assert prove(out_after_the_loop(), case).formula.verdict == "proved"
    assert missing(out_after_the_loop(), case) == []
    said = prove(out_after_the_loop(lambda W: times(2, W)), case).formula.instead
    assert said == "grad weight_ih_l0 is twice what is expected"


class CutBelow(PlainRNN):
    """Right forward; in the lowest layer no gradient goes from a step to the one before."""

    def _weights(self, layer, direction):
        self.layer = layer
        return super()._weights(layer, direction)

    def step(self, x, w, h):
        return super().step(x, w, h if self.layer else h.detach())


class ThreeTimes(PlainRNN):
    """The gradient of a state is three times as large."""

    def step(self, x, w, h):
        return super().step(x, w, times(3, h))


class Projected(torch.autograd.Function):
    """o·tanh(c'), with the gradient for o taken at c'."""

    @staticmethod
    def forward(ctx, o, c):
        ctx.save_for_backward(o, c)
        return o * c.tanh()

    @staticmethod
    def backward(ctx, dh):
        o, c = ctx.saved_tensors
        return dh * c, dh * o * (1 - c.tanh() ** 2)


projected = projecting(lambda o, c, P: Projected.apply(o, c) @ P.T)


class Mean(PlainLSTM):
    """Divides the gradient of W_ih by a number."""

    number = 1

    def step(self, x, w, h, c):
        W, *others = w
        share = W / self.number  # (a float of 1/5 would be another number)
        return super().step(x, (share + (W - share).detach(), *others), h, c)


class WrongBesideUnknown(PlainRNN):
    """Wrong at the first step, after an operation without a rule; or so on the way back alone."""

    back = False

    def step(self, x, w, h):
        (h,) = super().step(x, w, h)
        zero = 0 * torch.erf(h)
        return (h * 2 if self.back else h * 2 + zero,)

    def forward(self, input, hx=None):
        out, last = super().forward(input, hx)
        if self.back:
            out = out + 0 * torch.erf(out).detach()
        return out, last


@pytest.mark.parametrize("back", [False, True])
def test_nothing_is_placed_past_what_is_not_known(back):
    """What was never seen may have been computed by an operation that there is no rule for."""

    class Layer(WrongBesideUnknown):
        pass

    Layer.back = back
    found = prove(Layer, small("rnn")).formula
    assert "open" in found.tensors.values()
    assert (found.where, found.instead) == (None, "")
    assert "no rule for aten::erf" in found.reason


@pytest.mark.parametrize(
    ("layer", "case", "words"),
    [
        (CutBelow, small("rnn", layers=2),
         "dh of layer 0, forward, step 2 (where its way back begins) is 0, expected W_hhᵀ da"),
        (ThreeTimes, small("rnn", T=1),
         "grad h_0 is another formula than expected"),
        (projected, small("lstm", H=3, proj_size=2),
         "is W_hrᵀ dh'·c'·o·(1 - o), expected W_hrᵀ dh'·tanh(c')·o·(1 - o)"),
        (PlainLSTM, small("lstm"), ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_where_it_is(layer, case, words):
    """In a lower layer, at the only step, through a projection."""
    assert words in prove(layer, case).formula.instead


@pytest.mark.parametrize(("number", "over"), [(4, "batch"), (5, "steps")])
def test_a_mean_is_told_by_what_it_is_over(number, over):
    """Of a batch that is packed, too, where fewer sequences are there at the end."""
    layer = type("MeanOver", (Mean,), {"number": number})
    for layout in ("batched", "packed"):
        said = prove(layer, small("lstm", T=5, B=4, layout=layout)).formula.instead
        assert f"is the mean over the {over}, expected the sum over steps and batch" in said
