"""A table of one-hot rows that a network learns by heart, with `torch.nn` and with the loops.

`python examples/toy_table.py` prints both loss curves, which are the same.
"""

import torch
from torch import nn

import rnn_manual

# Three steps of three bits each, and the label: T=3, I=3, B=6 are read off the table.
TABLE = {
    "001 010 100": 1,
    "100 111 000": 0,
    "100 000 111": 1,
    "111 010 100": 0,
    "100 010 000": 0,
}
ROWS = ["001 010 100", *TABLE]  # the first stands in it twice
STEPS = 30


def data():
    """x (T, B, I) and labels (B)."""
    rows = [[[float(bit) for bit in step] for step in row.split()] for row in ROWS]
    return torch.tensor(rows).transpose(0, 1), torch.tensor([TABLE[row] for row in ROWS])


def trained(make):
    """Trains nn.LSTM(3, 5) and a linear layer on its last state.

    Args:
        make: what is trained instead, made of the nn.LSTM.

    Returns: the loss at every step, and how many rows are right in the end.
    """
    torch.manual_seed(0)
    layer, head = nn.LSTM(3, 5), nn.Linear(5, 2)
    layer = make(layer)
    x, labels = data()
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.1)
    losses = []
    for _ in range(STEPS):
        _, (h_n, _) = layer(x)
        scores = head(h_n[-1])
        loss = nn.functional.cross_entropy(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, int((scores.argmax(-1) == labels).sum())


if __name__ == "__main__":
    (theirs, right), (ours, right_too) = trained(lambda nn: nn), trained(rnn_manual.LSTM.from_torch)
    for step in [*range(0, STEPS, 10), STEPS - 1]:
        print(f"step {step:2}  torch.nn {theirs[step]:.6f}  the loops {ours[step]:.6f}")
    print(f"right: {right} and {right_too} of {len(ROWS)}")
