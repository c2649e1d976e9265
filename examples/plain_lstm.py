"""An LSTM in fifteen lines: one layer, one direction. Read this before `rnn_manual/loops.py`."""

import torch

from rnn_manual.parity import Unsupported


def lstm(x, h, c, W_ih, W_hh, b_ih, b_hh):
    """x (T, B, I), h and c (B, H) → out (T, B, H), h_n and c_n (B, H)."""
    out = []
    for x_t in x:  # (B, I)
        gates = x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, 4H)
        i, f, g, o = gates.chunk(4, dim=-1)  # (B, H) each, in PyTorch's order
        i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
        g = torch.tanh(g)
        c = f * c + i * g
        h = o * torch.tanh(c)
        out.append(h)
    return torch.stack(out), h, c


def build(module):
    """The same with nn.LSTM's weights, called as nn.LSTM is: `--candidate plain_lstm.py:build`."""
    if module.mode != "LSTM" or module.num_layers > 1 or module.bidirectional:
        raise Unsupported("anything but an LSTM of one layer and one direction")
    if module.proj_size or module.batch_first or not module.bias:
        raise Unsupported("proj_size, batch_first, bias=False")

    def layer(input, hx=None):
        if not isinstance(input, torch.Tensor) or input.dim() == 2:
            raise Unsupported("input that is not (T, B, I)")
        if hx is None:
            zeros = input.new_zeros(1, input.shape[1], module.hidden_size)
            hx = zeros, zeros
        (h_0, c_0), weights = hx, module.parameters()
        out, h_n, c_n = lstm(input, h_0[0], c_0[0], *weights)
        return out, (h_n[None], c_n[None])

    return layer


if __name__ == "__main__":
    theirs = torch.nn.LSTM(3, 5)
    x = torch.randn(7, 4, 3)
    out, (h_n, c_n) = theirs(x)
    mine, (h, c) = build(theirs)(x)
    print("out", tuple(out.shape), "h_n", tuple(h_n.shape), "c_n", tuple(c_n.shape))
    print("the same as nn.LSTM:", torch.allclose(mine, out, atol=1e-6))
