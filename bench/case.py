"""What is timed: a layer of torch.nn and its input, and which of them there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

KINDS = ("RNN", "LSTM", "GRU")
TINY, SMALL = (7, 3, 100, 4), (28, 128, 12, 64)
MIDDLE, LARGE = (128, 32, 256, 256), (256, 64, 512, 512)
SIZES = (TINY, SMALL, MIDDLE, LARGE)


@dataclass(frozen=True)
class Case:
    """One layer and one input, in float32 unless `dtype` says otherwise.

    Args:
        size: (T, B, I, H).
        packed: sequences of T, T-1, … steps, as far down as a quarter of T, round and round.
    """

    kind: str
    size: tuple[int, int, int, int]
    num_layers: int = 1
    bidirectional: bool = False
    packed: bool = False
    dtype: torch.dtype = torch.float32

    @property
    def variation(self) -> str:
        """What is not as in the plain case: "3 layers, packed"."""
        words = {
            f"{self.num_layers} layers": self.num_layers > 1,
            "both directions": self.bidirectional,
            "packed": self.packed,
        }
        return ", ".join(word for word, there in words.items() if there)

    def module(self) -> Any:
        """The layer, its weights drawn anew, always the same."""
        torch.manual_seed(0)
        *_, I, H = self.size
        options = {"bidirectional": self.bidirectional, "dtype": self.dtype}
        return getattr(nn, self.kind)(I, H, self.num_layers, **options)

    def input(self) -> Any:
        """(T, B, I), or the same packed; a leaf that takes a gradient."""
        torch.manual_seed(1)
        T, B, I, _ = self.size
        x = torch.randn(T, B, I, dtype=self.dtype)
        if not self.packed:
            return x.requires_grad_()
        lengths = sorted((T - b % (3 * T // 4 + 1) for b in range(B)), reverse=True)
        packed = pack_padded_sequence(x, lengths)
        return PackedSequence(packed.data.requires_grad_(), packed.batch_sizes)
