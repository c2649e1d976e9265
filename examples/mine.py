"""A learner's LSTM. It runs, it trains, its shapes are right; and it is not nn.LSTM.

    rnn-manual verify --candidate examples/mine.py:build --kind lstm
    rnn-manual prove --candidate examples/mine.py:build --kind lstm
    rnn-manual trace lstm --candidate examples/mine.py:build

say what is wrong with it, in words that docs/understanding.md explains. (Many textbooks stack the
gates as i, f, o, g. PyTorch does not.)
"""

import torch

from rnn_manual.parity import Unsupported


def build(module):
    if module.mode != "LSTM" or module.proj_size:
        raise Unsupported("rnn, gru and proj_size")
    if module.num_layers > 1 or module.bidirectional:
        raise Unsupported("more than one layer or direction")
    weights = dict(module.named_parameters())

    def linear(x, of):
        return torch.nn.functional.linear(
            x, weights[f"weight_{of}_l0"], weights.get(f"bias_{of}_l0")
        )

    def layer(input, hx=None):
        if not isinstance(input, torch.Tensor) or input.dim() == 2:
            raise Unsupported("packed and unbatched input")
        x = input.transpose(0, 1) if module.batch_first else input
        if hx is None:
            hx = (x.new_zeros(1, x.shape[1], module.hidden_size),) * 2
        h, c = hx[0][0], hx[1][0]
        out = []
        for x_t in x:
            i, f, o, g = (linear(x_t, "ih") + linear(h, "hh")).chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            out.append(h)
        out = torch.stack(out, 1 if module.batch_first else 0)
        return out, (h[None], c[None])

    return layer
