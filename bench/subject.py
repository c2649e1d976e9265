"""What a subject is once it is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class NotTimed(Exception):
    """There is nothing to time, for the reason given: not installed, or no such layer."""


@dataclass(frozen=True)
class Built:
    """A layer, ready to be called.

    Args:
        call: from the input, laid out as for nn, to `out`: (T, B, D·H), or rows if it was packed.
        parameters: what it differentiates by, besides the input.
    """

    call: Callable[[Any], Any]
    parameters: Sequence[Any]
