"""Layers whose backward is written by hand, with one line of it wrong."""

from functools import partial

import torch

from rnn_manual.parity import prove
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
        if ctx.wrong == "d_i":
            da_i = dc * i * (1 - i)
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
        if ctx.wrong == "z doubled":
            da_z = 2 * da_z
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
