"""LSTMs and GRUs, one line of which is another."""

import torch

from tests.meta.candidates.right.classes import PlainGRU, PlainLSTM


def lstm(sums=None, new_c=None, new_h=None, scale=None):
    """An LSTM, one line of which is another; `scale` exchanges a weight for another of its value.

    Args:
        sums: x, h and the weights → all gates' sums. new_c: i, f, g, o, c → c'.
        new_h: o, c' → h'.
    """

    class Wrong(PlainLSTM):
        def step(self, x, w, h, c):
            W, *others = w
            a = (sums or all_sums)(x, h, (scale(W) if scale else W), *others)
            i, f, g, o = a if isinstance(a, tuple) else a.chunk(4, 1)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            c = (new_c or _new_c)(i, f, g, o, c)
            return (new_h or _new_h)(o, c), c

    return Wrong


def gru(reset=None, new_h=None):
    """A GRU, one line of which is another.

    Args:
        reset: r, z and W_hn h + b_hn → what is added to n's sum. new_h: r, z, n, h → h'.
    """

    class Wrong(PlainGRU):
        def step(self, x, w, h):
            W_ih, W_hh, b_ih, b_hh = w
            x_r, x_z, x_n = (x @ W_ih.t() + b_ih).chunk(3, 1)
            h_r, h_z, h_n = (h @ W_hh.t() + b_hh).chunk(3, 1)
            r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
            n = torch.tanh(x_n + (reset(r, z, h_n) if reset else r * h_n))
            return (new_h(r, z, n, h) if new_h else (1 - z) * n + z * h,)

    return Wrong


def projecting(new_h):
    """An LSTM with a projection. new_h: o, c' and W_hr → h'."""

    def build(module):
        def call(x, hx):
            (h,), (c,) = hx
            W, U, b, d, P = module.parameters()
            out = []
            for x_t in x:
                i, f, g, o = (x_t @ W.T + b + h @ U.T + d).chunk(4, 1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = new_h(o.sigmoid(), c, P)
                out.append(h)
            return torch.stack(out), (h[None], c[None])

        return call

    return build


def all_sums(x, h, W, U, b, d):
    return x @ W.t() + b + (h @ U.t() + d)


def _new_c(i, f, g, o, c):
    return f * c + i * g


def _new_h(o, c):
    return o * c.tanh()
