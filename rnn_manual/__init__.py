"""Hand-written RNN and LSTM loops, proved equal to `torch.nn`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_manual.config import Config as Config
    from rnn_manual.layout import run as run
    from rnn_manual.modules import LSTM as LSTM
    from rnn_manual.modules import RNN as RNN
    from rnn_manual.weights import copy_weights as copy_weights

__version__ = "0.1.0"

# Loaded on first use: the command line answers --help without waiting for torch.
_HOME = {
    "Config": "config",
    "LSTM": "modules",
    "RNN": "modules",
    "copy_weights": "weights",
    "run": "layout",
}
__all__ = ["LSTM", "RNN", "Config", "copy_weights", "run"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
