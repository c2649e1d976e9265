"""Right layers whose cells are written in ways of their own."""

import torch
from torch.nn import functional as F

from tests.meta.candidates.right.classes import PlainGRU, PlainLSTM, PlainRNN


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


def changed(change):
    """An LSTM whose new state goes through a function."""

    class Changed(PlainLSTM):
        def step(self, x, w, h, c):
            h, c = super().step(x, w, h, c)
            return change(h), c

    return Changed


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


class Glu(Written):
    """Products with i and with o are one operation with their σ."""

    def step(self, x, w, h, c):
        i, f, g, o = self.sums(x, w, h)
        c = torch.sigmoid(f) * c + F.glu(torch.cat([torch.tanh(g), i], 1), 1)
        return F.glu(torch.cat([torch.tanh(c), o], 1), 1), c


class Silu(Written):
    """i is what a product with it is made of."""

    def step(self, x, w, h, c):
        i, f, g, o = self.sums(x, w, h)
        c = torch.sigmoid(f) * c + F.silu(i) / i * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class WrittenGRU(PlainGRU):
    """A GRU one of whose lines is written otherwise."""

    def x_parts(self, x, W_ih, b_ih):
        return (x @ W_ih.t() + b_ih).chunk(3, 1)

    def new_n(self, x_n, r, h_n, h):
        return torch.tanh(x_n + r * h_n)

    def step(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        x_r, x_z, x_n = self.x_parts(x, W_ih, b_ih)
        h_r, h_z, h_n = (h @ W_hh.t() + b_hh).chunk(3, 1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = self.new_n(x_n, r, h_n, h)
        return ((1 - z) * n + z * h,)


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
    "glu": Glu,
    "silu": Silu,
    "σ by tanh": _functions("SigmaByTanh", σ=sigma_by_tanh),
    "σ by exp": _functions("SigmaByExp", σ=sigma_by_exp),
    "tanh by σ": _functions("TanhBySigma", tanh=tanh_by_sigma),
    "tanh by exp": _functions("TanhByExp", tanh=tanh_by_exp),
}
