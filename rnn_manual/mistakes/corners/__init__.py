"""Mistakes in a corner only: in one way of calling, one layout, one size, or beside the result."""

from rnn_manual.mistakes.corners import (  # noqa: F401 - each registers its own
    called,
    effects,
    magnitudes,
    masks,
    memory,
    rounded,
    sent_back,
    ways,
)
