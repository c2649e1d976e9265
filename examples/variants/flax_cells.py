"""Flax' LSTMCell and GRUCell: a Dense for each gate, whose kernels are (in, out).

Its LSTM's state is (c, h), the other way round. (Lines of our own: Flax is not run.)
"""

import torch

from examples.variants.layer import Variant

sigmoid, tanh = torch.sigmoid, torch.tanh


def lstm(w, x, h, c):
    def dense(gate):  # the bias is that of the recurrent Dense
        return x @ w[f"i{gate}"] + h @ w[f"h{gate}"] + w[f"b{gate}"]

    i, f, g, o = sigmoid(dense("i")), sigmoid(dense("f")), tanh(dense("g")), sigmoid(dense("o"))
    c = f * c + i * g
    return o * tanh(c), c


def gru(w, x, h):
    r = sigmoid(x @ w["ir"] + w["bir"] + h @ w["hr"])
    z = sigmoid(x @ w["iz"] + w["biz"] + h @ w["hz"])
    n = tanh(x @ w["in"] + w["bin"] + r * (h @ w["hn"] + w["bhn"]))
    return ((1 - z) * n + z * h,)


def _kernels(p, gates):
    found = {}
    for side, name in (("i", "weight_ih"), ("h", "weight_hh")):
        found |= {side + g: W.T for g, W in zip(gates, p[name].chunk(len(gates)), strict=True)}
    return found


def lstm_from_torch(p):
    biases = (p["bias_ih"] + p["bias_hh"]).chunk(4)
    return _kernels(p, "ifgo") | {f"b{g}": b for g, b in zip("ifgo", biases, strict=True)}


def lstm_to_torch(w):
    W, R = (torch.cat([w[side + g].T for g in "ifgo"]) for side in "ih")
    b = torch.cat([w[f"b{g}"] for g in "ifgo"])
    return {"weight_ih": W, "weight_hh": R, "bias_ih": torch.zeros_like(b), "bias_hh": b}


def gru_from_torch(p):
    (b_r, b_z, b_n), (c_r, c_z, c_n) = p["bias_ih"].chunk(3), p["bias_hh"].chunk(3)
    return _kernels(p, "rzn") | {"bir": b_r + c_r, "biz": b_z + c_z, "bin": b_n, "bhn": c_n}


def gru_to_torch(w):
    W, R = (torch.cat([w[side + g].T for g in "rzn"]) for side in "ih")
    none = torch.zeros_like(w["bhn"])
    b_ih, b_hh = [w["bir"], w["biz"], w["bin"]], [none, none, w["bhn"]]
    return {"weight_ih": W, "weight_hh": R, "bias_ih": torch.cat(b_ih), "bias_hh": torch.cat(b_hh)}


LSTM = Variant(
    "Flax, `LSTMCell`",
    "lstm",
    lstm,
    lstm_from_torch,
    lstm_to_torch,
    "a kernel (I, H) and a kernel (H, H) with a bias (H) for each of i f g o; state (c, h)",
    "transpose, one below the other; `bias_ih` = 0",
)
GRU = Variant(
    "Flax, `GRUCell`",
    "gru",
    gru,
    gru_from_torch,
    gru_to_torch,
    "a kernel (I, H) with a bias and a kernel (H, H) for each of r z n; a second bias for n",
    "transpose, one below the other; `bias_hh` = 0 but for n",
)
build, build_gru = LSTM.build, GRU.build
