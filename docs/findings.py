"""What was found in torch, as scripts: `python docs/findings.py`."""

import torch
from torch import nn
from torch.nn import functional as F


def bias_inside_the_matmul(features: int) -> int:
    """Elements in which F.linear(x, W, b) and x @ W.T + b differ, of 32 × 16."""
    torch.manual_seed(0)
    x, W, b = torch.randn(32, features), torch.randn(16, features), torch.randn(16)
    return int((F.linear(x, W, b) != x @ W.T + b).sum())


def batch_first_and_transposed(features: int) -> int:
    """Elements in which an LSTM's out differs between a batch-first input and its copy, turned."""
    torch.manual_seed(0)
    x = torch.randn(4, 7, features)
    layer = nn.LSTM(features, 5, batch_first=True)
    turned = nn.LSTM(features, 5)
    turned.load_state_dict(layer.state_dict())
    with torch.backends.mkldnn.flags(enabled=False):
        there = layer(x)[0]
        back = turned(x.transpose(0, 1).contiguous())[0].transpose(0, 1)
    return int((there != back).sum())


if __name__ == "__main__":
    for features in (1, 2, 100, 512):
        print(
            f"{features:>4} features: F.linear(x, W, b) != x @ W.T + b in "
            f"{bias_inside_the_matmul(features)} of 512 elements, "
            f"batch-first LSTM != time-major in {batch_first_and_transposed(features)} of 140"
        )
