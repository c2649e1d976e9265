"""Small cases, each enough to show what a test is about."""

from __future__ import annotations

from functools import cache

from rnn_manual.cases.calls import CALLS
from rnn_manual.cases.case import Case
from rnn_manual.config import Config
from rnn_manual.parity import select


def small(kind, T=3, B=2, I=2, H=2, layers=1, **options):  # noqa: E741 - PyTorch's letter
    """A case of few numbers; what is no option of the case is one of the layer."""
    own = {k: options.pop(k) for k in list(options) if k in Case.__dataclass_fields__}
    config = Config(kind=kind, input_size=I, hidden_size=H, num_layers=layers, **options)
    return Case(config, seq_len=T, batch_size=B, **own)


@cache
def _of_float32():
    return select("standard", notes=None, where=lambda case: case.dtype == "float32")


def shown_on(mistake):
    """A small case that shows a mistake, with as little beside as the standard cases have."""
    sizes = {"T": 3, "B": 3, "H": 2}
    options = [small(kind, **(sizes | about)) for about in ABOUT for kind in ("lstm", "gru", "rnn")]
    found = next(filter(mistake.shows, options), None)
    return found or min(filter(mistake.shows, _of_float32()), key=lambda case: case.seq_len)


ABOUT = (
    {},
    {"layers": 2},
    {"bidirectional": True},
    {"layers": 2, "bidirectional": True},
    {"layers": 3},
    {"layers": 5},
    {"state": "omitted"},
    {"layout": "packed"},
    {"layout": "packed", "B": 4},
    {"batch_first": True},
    {"layout": "packed", "batch_first": True},
    {"layout": "unbatched", "batch_first": True},
    {"layout": "packed sorted", "bidirectional": True},
    {"state": "omitted", "call": "after another"},
    {"state": "omitted", "call": "no_grad"},
    {"dtype": "float64"},
    {"dtype": "float64", "layout": "packed"},
    {"layers": 2, "call": "weights only"},
    *({"call": call} for call in CALLS if call != "with gradients"),
    {"memory": "strided"},
    {"memory": "expanded"},
    {"H": 64},
    {"H": 129},
    {"T": 13},
    {"T": 13, "layout": "packed", "bidirectional": True},
    {"B": 9},
    {"B": 129},
    {"values": "NaN"},
    {"layers": 2, "dropout": 1.0},
    {"layers": 2, "dropout": 0.5, "training": False},
    {"layers": 2, "dropout": 1.0, "call": "after another"},
    {"layers": 2, "dropout": 0.5},
)
