"""torch's generators, seeded."""

from __future__ import annotations

import torch


def seed_generators(seed: int, device: str = "cpu") -> None:
    """As torch.manual_seed, for a CPU and for the device that a layer computes on.

    torch.manual_seed also seeds what is not there: CUDA that has not begun keeps every such call,
    with where it came from, which takes longer than a small case, and memory without end.
    """
    if torch.device(device).type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)
