"""What a recurrent layer is used for: one to one, one to many, many to one, many to many.

Each use is a function of the layer, which may be `torch.nn`'s or the hand-written one:
`python examples/uses.py` runs every one with both.
"""

import torch
from torch import nn

import rnn_manual

T, B, I, H, CLASSES = 7, 4, 3, 5, 2  # noqa: E741 - the letter PyTorch's formulas use


def one_to_one(layer, head, x):
    """One step: x (B, I) → scores (B, CLASSES). Without a past it is a layer like any other."""
    out, _ = layer(x[None])  # a sequence of one step, (1, B, I)
    return head(out[0])


def many_to_one(layer, head, x):
    """A sequence to one answer, as the topic of a text: x (T, B, I) → (B, CLASSES).

    What is known at the end is in h_n, its last row: the last layer's.
    """
    _, (h_n, _) = layer(x)
    return head(h_n[-1])


def many_to_many(layer, head, x):
    """An answer at every step, as each word's part of speech: x (T, B, I) → (T, B, CLASSES).

    nn.Linear acts on the last axis, so it takes all steps of `out` at once.
    """
    out, _ = layer(x)
    return head(out)


def one_to_many(layer, back, x, steps=T):
    """One thing to a sequence, as a picture to its caption: x (B, I) → (steps, B, I).

    What comes out goes in again, turned by `back` from H features to I; the state goes along.
    """
    state, made = None, []
    for _ in range(steps):
        out, state = layer(x[None], state)
        x = back(out[0])
        made.append(x)
    return torch.stack(made)


def encoder_decoder(encoder, decoder, back, x, steps=T):
    """A sequence to another of any length, as a translation: (T, B, I) → (steps, B, I).

    All that the decoder knows of the first is the state that it begins with: h_n becomes h_0.
    """
    _, state = encoder(x)
    y, made = x.new_zeros(x.shape[1:]), []  # where the second begins
    for _ in range(steps):
        out, state = decoder(y[None], state)
        y = back(out[0])
        made.append(y)
    return torch.stack(made)


def all_uses(make):
    """Name → result, with layers that `make` makes of an nn.LSTM."""
    torch.manual_seed(0)
    layer, other = nn.LSTM(I, H), nn.LSTM(I, H)
    head, back = nn.Linear(H, CLASSES), nn.Linear(H, I)
    x = torch.randn(T, B, I)
    layer, other = make(layer), make(other)
    return {
        "one to one": one_to_one(layer, head, x[0]),
        "many to one": many_to_one(layer, head, x),
        "many to many": many_to_many(layer, head, x),
        "one to many": one_to_many(layer, back, x[0]),
        "encoder and decoder": encoder_decoder(layer, other, back, x, steps=3),
    }


if __name__ == "__main__":
    theirs, ours = all_uses(lambda layer: layer), all_uses(rnn_manual.LSTM.from_torch)
    for name, result in theirs.items():
        same = torch.allclose(result, ours[name], atol=1e-6)
        print(f"{name:20} {tuple(result.shape)!s:12} the loops' the same: {same}")
