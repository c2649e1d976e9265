"""Loops as people write them for TorchScript; the form is that of PyTorch's fastrnns benchmark."""

import torch
from torch import Tensor
from torch.nn import functional as F


def rnn(x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    out: list[Tensor] = []
    for x_t in x.unbind(0):
        h = torch.tanh(F.linear(x_t, W_ih, b_ih) + F.linear(h, W_hh, b_hh))
        out.append(h)
    return torch.stack(out)


def lstm(x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    out: list[Tensor] = []
    c = h
    for x_t in x.unbind(0):
        gates = F.linear(x_t, W_ih, b_ih) + F.linear(h, W_hh, b_hh)
        i, f, g, o = gates.chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out)


def gru(x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    out: list[Tensor] = []
    for x_t in x.unbind(0):
        x_r, x_z, x_n = F.linear(x_t, W_ih, b_ih).chunk(3, 1)
        h_r, h_z, h_n = F.linear(h, W_hh, b_hh).chunk(3, 1)
        r = torch.sigmoid(x_r + h_r)
        z = torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        h = n + z * (h - n)
        out.append(h)
    return torch.stack(out)


LOOPS = {"RNN": rnn, "LSTM": lstm, "GRU": gru}
