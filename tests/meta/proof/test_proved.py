"""Layers that compute the loops' formulas are proved, however they are written."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from rnn_manual.candidates import by_hand
from rnn_manual.candidates.catalogue import as_candidate, unsupported
from rnn_manual.candidates.errors import Unsupported, Violation
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.case import Case
from rnn_manual.parity import prove
from rnn_manual.threads import one_thread
from tests.meta.candidates import right
from tests.meta.candidates.right import PlainGRU, PlainLSTM, PlainRNN
from tests.meta.candidates.right_ways import WAYS
from tests.meta.proof.proving import missing
from tests.meta.proof.small import small

OPEN = {"NumPy"}  # whose values leave torch


def sigma_by_tanh(x):
    return 0.5 * (1 + torch.tanh(x / 2))


def sigma_by_exp(x):
    return 1 / (1 + torch.exp(-x))


def tanh_by_sigma(x):
    return 2 * torch.sigmoid(2 * x) - 1


def tanh_by_exp(x):
    return 1 - 2 / (torch.exp(2 * x) + 1)


class Written(PlainLSTM):
    """An LSTM one of whose lines is written otherwise."""

    σ = staticmethod(torch.sigmoid)
    tanh = staticmethod(torch.tanh)

    def sums(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        return (x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh).chunk(4, 1)

    def new_c(self, i, f, g, c):
        return f * c + i * g

    def step(self, x, w, h, c):
        i, f, g, o = self.sums(x, w, h)
        c = self.new_c(self.σ(i), self.σ(f), self.tanh(g), c)
        return self.σ(o) * self.tanh(c), c


class OneByOne(Written):
    def sums(self, x, w, h):
        chunks = [v.chunk(4) for v in w]
        return [x @ W.t() + b + (h @ U.t() + d) for W, U, b, d in zip(*chunks, strict=True)]


class Joined(Written):
    def sums(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        both = torch.cat([x, h], 1) @ torch.cat([W_ih, W_hh], 1).t()
        return (both + torch.cat([b_ih[:, None], b_hh[:, None]], 1).sum(1)).split(h.shape[1], 1)


class Transposed(Written):
    def sums(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        columns = W_ih.t().contiguous(), W_hh.t().contiguous()
        x, h = x.t().contiguous().t(), h.t().contiguous().t()
        return (x @ columns[0] + h @ columns[1] + (b_ih + b_hh)).unflatten(1, (4, -1)).unbind(1)


class Einsum(Written):
    def sums(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        W, U = W_ih.view(4, -1, x.shape[1]), W_hh.view(4, -1, h.shape[1])
        b = (b_ih + b_hh).view(4, 1, -1)
        return torch.einsum("bi,ghi->gbh", x, W) + torch.einsum("ghk,bk->gbh", U, h) + b


class Addmm(Written):
    def sums(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        return torch.addmm(torch.addmm(b_ih + b_hh, x, W_ih.t()), h, W_hh.t()).chunk(4, 1)

    def new_c(self, i, f, g, c):
        return torch.addcmul(f * c, i, g)


class InPlace(Written):
    def sums(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        total = F.linear(x, W_ih)
        total += b_ih
        total.add_(F.linear(h, W_hh, b_hh))
        return total.clone().chunk(4, 1)

    def new_c(self, i, f, g, c):
        new = torch.empty_like(c)
        new.copy_(f * c)
        new[:, :1] += (i * g)[:, :1]
        new[:, 1:].add_((i * g)[:, 1:])
        return new


class Lerp(PlainGRU):
    def step(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        x_r, x_z, x_n = F.linear(x, W_ih, b_ih).chunk(3, 1)
        h_r, h_z, h_n = F.linear(h, W_hh, b_hh).chunk(3, 1)
        n = torch.tanh(torch.addcmul(x_n, torch.sigmoid(x_r + h_r), h_n))
        return (torch.lerp(n, h, torch.sigmoid(x_z + h_z)),)


class ReluByChoice(PlainRNN):
    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.f = lambda x: torch.where(x > 0, x, torch.zeros_like(x))


def _functions(name, **functions):
    return type(name, (Written,), {k: staticmethod(f) for k, f in functions.items()})


OTHERWISE = {
    "gates one by one": OneByOne,
    "one matmul of [x, h]": Joined,
    "transposed storage, one bias": Transposed,
    "einsum": Einsum,
    "addmm and addcmul": Addmm,
    "in place": InPlace,
    "σ by tanh": _functions("SigmaByTanh", σ=sigma_by_tanh),
    "σ by exp": _functions("SigmaByExp", σ=sigma_by_exp),
    "tanh by σ": _functions("TanhBySigma", tanh=tanh_by_sigma),
    "tanh by exp": _functions("TanhByExp", tanh=tanh_by_exp),
}


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
@pytest.mark.parametrize("name", right.RIGHT)
def test_the_right_ones_are_proved(name, kind):
    """All right candidates that stay within torch; of the one in NumPy, it is told that it left."""
    case = small(kind, layers=2)
    found = prove(right.RIGHT[name], case).formula
    if name == "a copy of the weights" and kind != "lstm":
        assert "Unsupported: all but LSTMs" in found.reason
    elif name in OPEN:
        assert found.verdict == "open"
        assert "values left torch and came back: weights.py:" in found.reason
    else:
        assert found.verdict == "proved", found


RIGHT = {
    **{name: right.RIGHT[name] for name in right.RIGHT if name not in OPEN},
    **{name: layer for name, (_, layer) in right.CLASSES.items()},
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


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_gradients_by_hand_are_proved(kind):
    """The torch loops, taken back by hand in an autograd.Function."""
    case = small(kind, layers=2, bidirectional=True)
    assert prove(by_hand.build, case).formula.verdict == "proved"


@pytest.mark.parametrize("name", right.CLASSES)
def test_the_right_classes_are_proved(name):
    """The drop-ins, nn's own and what inherits from it, with a projection or without."""
    kind, layer = right.CLASSES[name]
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
    assert "but for gradients that are not there, as grad weight_ih_l0" in found.reason


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


def _fingerprint(case: Case, candidate=lambda module: module):
    found = prove(candidate, case).formula
    assert found.verdict == "proved", found
    assert len(found.fingerprint) == 16
    return found.fingerprint


def test_a_fingerprint_depends_on_the_formula_alone():
    """Not on dtype, memory layout, threads, or how the formula is written."""
    case = small("lstm", layers=2)
    same = [replace(case, dtype=d) for d in ("float64", "bfloat16", "float16")]
    found = {_fingerprint(c) for c in (case, *same, replace(case, memory="strided"))}
    found.add(_fingerprint(case, OneByOne))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found.add(_fingerprint(case))
        with one_thread():
            found.add(_fingerprint(case))
    finally:
        torch.set_num_threads(before)
    assert len(found) == 1


def test_other_formulas_have_other_fingerprints():
    """Without bias, with a projection, in the other direction too, of another kind."""
    cases = [
        small("lstm"),
        small("lstm", bias=False),
        small("lstm", proj_size=1),
        small("lstm", bidirectional=True),
        small("lstm", state="omitted"),
        small("lstm", layers=2),
        small("gru"),
        small("rnn"),
        small("rnn", nonlinearity="relu"),
    ]
    assert len({_fingerprint(case) for case in cases}) == len(cases)
