"""At which line of a backward written by hand a gradient goes wrong, and what stands there."""

from functools import partial

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainRNN
from tests.meta.proof.small import small


class Elman(torch.autograd.Function):
    """h' = tanh(W x + b + U h + d) over all steps; backward by hand, with one line wrong."""

    @staticmethod
    def forward(ctx, wrong, x, W, U, b, d, h):
        states = [h]
        for step in x:
            states.append(torch.tanh(step @ W.T + b + states[-1] @ U.T + d))
        ctx.wrong = wrong
        ctx.save_for_backward(x, W, U, *states)
        return torch.stack(states[1:]), states[-1].clone()

    @staticmethod
    def backward(ctx, d_out, dh):
        x, W, U, *states = ctx.saved_tensors
        dh = dh.clone()  # which is right
        dW, dU, db, dx = torch.zeros_like(W), torch.zeros_like(U), torch.zeros(len(W)), []
        for t in reversed(range(len(x))):
            h, y = states[t : t + 2]
            dh = dh + d_out[0 if ctx.wrong == "d out" else t]
            da = dh * (1 - (y if ctx.wrong == "da" else y * y))
            dx.insert(0, da @ W)
            dW = dW + da.T @ x[t]
            dU = dU + da.T @ (y if ctx.wrong == "dU" else h)
            db = db + da.sum(0)
            dh = da @ (U.T if ctx.wrong == "dh" else U)
        return None, torch.stack(dx), dW, dU, db, db, dh


class LSTMStep(torch.autograd.Function):
    """One step of an LSTM; what is right comes before what is wrong, and some of it in parts."""

    @staticmethod
    def forward(ctx, wrong, x, h, c, W, U, b, d):
        i, f, g, o = (x @ W.T + b + h @ U.T + d).chunk(4, 1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        new_c = f * c + i * g
        ctx.wrong = wrong
        ctx.save_for_backward(x, h, c, W, U, i, f, g, o, new_c)
        return o * torch.tanh(new_c), new_c

    @staticmethod
    def backward(ctx, dh, dc):
        x, h, c, W, U, i, f, g, o, new_c = ctx.saved_tensors
        tanh_c = torch.tanh(new_c)
        d_o = dh * (c if ctx.wrong == "d_o" else 1 if ctx.wrong == "parts" else tanh_c)
        slope = 1 - tanh_c * tanh_c
        dc = dc + dh * o * slope
        d_i, d_g = dc * g, dc * i
        d_f = dc * (new_c if ctx.wrong == "d_f" else c)
        da_i, da_f, da_o = d_i * i * (1 - i), d_f * f * (1 - f), d_o * o * (1 - o)
        if ctx.wrong == "replaced":
            da_f = dc * c * (1 - f * f)
        if ctx.wrong == "parts":  # what a factor left out would give is computed on the way
            da_o = da_o * c * c * c
        da_g = d_g * (1 - g * g)
        da = [da_i, da_g, da_f, da_o] if ctx.wrong == "cat" else [da_i, da_f, da_g, da_o]
        da = torch.cat(da, 1)
        if ctx.wrong == "at once":
            y = torch.cat([i, f, g, o], 1)
            da = torch.cat([d_i, d_f, d_g, d_o], 1) * (y * (1 - y))
        dx, dh, dW, dU = da @ W, da @ U, da.T @ x, da.T @ h
        f = 0 * f if ctx.wrong == "dc" else f
        if ctx.wrong == "dc by i":  # which was computed before, for da_g
            return None, dx, dh, dc * i, dW, dU, da.sum(0), da.sum(0)
        if ctx.wrong == "dh and dc":
            return None, dx, dc * f, dh, dW, dU, da.sum(0), da.sum(0)
        if ctx.wrong == "dc whole":
            return None, dx, dh, dc, dW, dU, da.sum(0), da.sum(0)
        db = da.mean(0) if ctx.wrong == "db" else da.sum(0)
        return None, dx, dh, dc * f, dW, dU, db, db


class GRUStep(torch.autograd.Function):
    """One step of a GRU, in the same way."""

    @staticmethod
    def forward(ctx, wrong, x, h, W, U, b, d):
        (x_r, x_z, x_n), (y_r, y_z, y_n) = (x @ W.T + b).chunk(3, 1), (h @ U.T + d).chunk(3, 1)
        r, z = torch.sigmoid(x_r + y_r), torch.sigmoid(x_z + y_z)
        n = torch.tanh(x_n + r * y_n)
        ctx.wrong = wrong
        ctx.save_for_backward(x, h, W, U, r, z, n, y_n)
        return n + z * (h - n)

    @staticmethod
    def backward(ctx, dh):
        x, h, W, U, r, z, n, y_n = ctx.saved_tensors
        d_z, d_n = dh * (h - n), dh * (1 - z)
        da_n = d_n * (1 - (n if ctx.wrong == "d_n" else n * n))
        d_r = da_n * (n if ctx.wrong == "d_r" else h @ U[6:].T if ctx.wrong == "b_hn" else y_n)
        da_r, da_z = d_r * r * (1 - r), d_z * z * (1 - z)
        if ctx.wrong == "r twice":
            da_r = da_r * r  # what is right was computed before
        dx, dy = torch.cat([da_r, da_z, da_n], 1), torch.cat([da_r, da_z, da_n * r], 1)
        d_before = dy @ U + dh * (1 - z if ctx.wrong == "dh" else z)
        d_d = dx.sum(0) if ctx.wrong == "d" else dy.sum(0)
        dU = (dx if ctx.wrong == "U" else dy).T @ h
        dx_alone = torch.cat([da_r * r, da_z, da_n], 1) if ctx.wrong == "dx" else dx
        return None, dx_alone @ W, d_before, dx.T @ x, dU, dx.sum(0), d_d


def elman(wrong, module, x, h=None):
    h = x.new_zeros(1, x.shape[1], module.hidden_size) if h is None else h
    out, last = Elman.apply(wrong, x, *module.parameters(), h[0])
    return out, last[None]


def lstm(wrong, module, x, state):
    (h, c), out = (s[0] for s in state), []
    for step in x:
        h, c = LSTMStep.apply(wrong, step, h, c, *module.parameters())
        out.append(h)
    return torch.stack(out), (h[None].clone(), c[None].clone())


def gru(wrong, module, x, h):
    h, out = h[0], []
    for step in x:
        h = GRUStep.apply(wrong, step, h, *module.parameters())
        out.append(h)
    return torch.stack(out), h[None].clone()


LAYERS = {"rnn": elman, "lstm": lstm, "gru": gru}


def formula_of(kind, wrong):
    case = small(kind, H=3, B=4)
    return prove(lambda module: partial(LAYERS[kind], wrong, module), case).formula


@pytest.mark.parametrize("kind", LAYERS)
def test_the_right_one_is_proved(kind):
    """So each of the others is wrong in its one line alone."""
    assert formula_of(kind, "").verdict == "proved"


@pytest.mark.parametrize(
    ("kind", "wrong", "quantity", "step", "line", "words"),
    [
        ("rnn", "da", "da", 2, "da = dh * (1 - ", "is dh'·(1 - h'), expected dh'·(1 - h'²)"),
        ("rnn", "dh", "dh", 2, "dh = da @ ", "is W_hh da, expected W_hhᵀ da"),
        ("rnn", "dU", "grad weight_hh_l0", None, "dU = dU + da.T @ ",
         "is the sum of daᵀ h', expected daᵀ h"),
        ("lstm", "d_o", "da_o", 2, "d_o = dh * ",
         "is dh'·c·o·(1 - o), expected dh'·tanh(c')·o·(1 - o)"),
        ("lstm", "d_f", "da_f", 2, "d_f = dc * ", "is dc'·c'·f·(1 - f), expected dc'·c·f·(1 - f)"),
        ("lstm", "replaced", "da_f", 2, "da_f = dc * c * (1 - f * f)",
         "is dc'·c·(1 - f²), expected dc'·c·f·(1 - f)"),
        ("lstm", "at once", "da_g", 2, "da = torch.cat([d_i, d_f, d_g, d_o], 1) * ",
         "is dc'·i·g·(1 - g), expected dc'·i·(1 - g²)"),
        ("lstm", "db", "grad bias_ih_l0", None, "db = da.mean(0) if ",
         "is the mean over the batch, expected the sum over steps and batch"),
        ("lstm", "parts", "da_o", 2, "da_o = da_o * c * c * c",
         "is another formula than dh'·tanh(c')·o·(1 - o)"),
        ("lstm", "cat", "dh", 2, "dx, dh, dW, dU = da @ W, da @ U",
         "is W_hiᵀ da_i + W_hfᵀ da_g + W_hgᵀ da_f + W_hoᵀ da_o, expected W_hiᵀ da_i + W_hfᵀ da_f"),
        ("lstm", "dc", "dc", 2, "f = 0 * f if", "(where its way back begins) is 0, expected dc'·f"),
        ("lstm", "dc by i", "dc", 2, "return None, dx, dh, dc * i, dW", "is dc'·i, expected dc'·f"),
        ("lstm", "dc whole", "dc", 2, None, "is dc', expected dc'·f"),
        ("rnn", "d out", "dh'", 2, "dh = dh + d_out[0 if ",
         "is d out of step 0 + d h_n, expected d out of step 2 + d h_n"),
        ("gru", "d", "grad bias_hh_l0", None, None,
         "is the sum of da_n in the rows of n, expected the sum of r·da_n"),
        ("gru", "U", "grad weight_hh_l0", None, None,
         "is the sum of da_nᵀ h in the rows of n, expected the sum of (r·da_n)ᵀ h"),
        ("gru", "r twice", "da_r", 2, "da_r = da_r * r",
         "is da_n·(W_hn h + b_hn)·r·(1 - r)·r, expected da_n·(W_hn h + b_hn)·r·(1 - r)"),
        ("gru", "d_n", "da_n", 2, "da_n = d_n * (1 - ",
         "is dh'·(1 - z)·(1 - n), expected dh'·(1 - z)·(1 - n²)"),
        ("gru", "d_r", "da_r", 2, "d_r = da_n * ",
         "is da_n·n·r·(1 - r), expected da_n·(W_hn h + b_hn)·r·(1 - r)"),
        ("gru", "b_hn", "da_r", 2, "d_r = da_n * ",
         "is da_n·(W_hn h)·r·(1 - r), expected da_n·(W_hn h + b_hn)·r·(1 - r)"),
        ("gru", "dh", "dh", 2, "d_before = dy @ U + dh * ",
         "is (1 - z)·dh' + W_hrᵀ da_r + W_hzᵀ da_z + W_hnᵀ (r·da_n), expected z·dh' + W_hrᵀ da_r"),
    ],
)  # fmt: skip
def test_the_line_of_a_wrong_gradient_is_named(kind, wrong, quantity, step, line, words):
    """Where the way back is the candidate's own code, as of an autograd.Function."""
    formula = formula_of(kind, wrong)
    assert formula.verdict == "other"
    assert (formula.where.quantity, formula.where.step) == (quantity, step)
    assert words in formula.instead
    if line is None:  # what is wrong there is right elsewhere, as a sum that is another bias's
        assert formula.where.line == ""
    else:
        assert formula.where.line.startswith("test_lines.py:")
        assert f"  {line}" in formula.where.line


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


def test_a_gradient_that_is_due_as_another_is_said_to_be_that():
    """Of one step, whose states' gradients are exchanged: what computed them is right."""
    case = small("lstm", T=1, H=3, B=4)
    found = prove(lambda module: partial(lstm, "dh and dc", module), case).formula
    assert found.instead == "grad h_0 is what is due as grad c_0"
    assert found.where.line == ""


class NoBiasGradient(torch.autograd.Function):
    """x + b, whose gradient for b is 0."""

    @staticmethod
    def forward(ctx, x, b):
        return x + b

    @staticmethod
    def backward(ctx, dy):
        return dy, torch.zeros(dy.shape[-1])


def test_a_gradient_that_is_zero_has_no_line():
    """A zero is computed anywhere, as in the product with a state that is zero."""

    class WithoutIt(PlainRNN):
        def step(self, x, w, h):
            W_ih, W_hh, b_ih, b_hh = w
            a = NoBiasGradient.apply(x @ W_ih.t() + (h @ W_hh.t() + b_hh), b_ih)
            return (torch.tanh(a),)

    found = prove(WithoutIt, small("rnn", T=1, state="omitted")).formula
    assert found.instead == "grad bias_ih_l0 is 0, as if it were detached"
    assert found.where.line == ""


def test_a_gradient_by_autograd_has_no_line():
    """Nothing of the candidate's own is executed on the way back."""

    def build(module):
        return lambda x, hx: tuple(2 * y - y.detach() for y in module(x, hx))

    formula = prove(build, small("rnn")).formula
    assert formula.verdict == "other"
    assert formula.where.line == ""


class FirstRowLost(torch.autograd.Function):
    """Its gradient is that of something else in the first row of the batch."""

    @staticmethod
    def forward(ctx, h):
        return h.clone()

    @staticmethod
    def backward(ctx, gradient):
        return torch.cat([gradient[:1] ** 2, gradient[1:]])


def test_the_rows_that_are_others_are_named():
    """Where a gradient is another in some sequences only."""

    def layer(module, x, h):
        return elman("", module, x, FirstRowLost.apply(h[0])[None])

    case = small("rnn", H=3, B=4, T=1)
    found = prove(lambda module: partial(layer, module), case).formula
    assert found.instead == "grad h_0 is another formula than expected"

    class Step(PlainRNN):
        def step(self, x, w, h):
            return (FirstRowLost.apply(super().step(x, w, h)[0]),)

    found = prove(Step, small("rnn", B=3)).formula
    assert found.instead.endswith("is another formula than dh'·(1 - h'²) in sequence 0")


@pytest.mark.parametrize("call", ["after another", "before another"])
def test_another_call_has_no_part_in_it(call):
    """The line is one of the case's own way back, though others were called and differentiated."""
    found = prove(lambda module: partial(elman, "d out", module), small("rnn", H=3, B=4, call=call))
    assert found.formula.instead.startswith("dh' of layer 0, forward, step 2 (where its way back")
    assert "dh = dh + d_out[0 if" in found.formula.where.line
