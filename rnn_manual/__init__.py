"""Hand-written RNN, LSTM and GRU loops, proved equal to `torch.nn`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_manual.backprop import vjp as vjp
    from rnn_manual.config import Config as Config
    from rnn_manual.layout import run as run
    from rnn_manual.modules import GRU as GRU
    from rnn_manual.modules import LSTM as LSTM
    from rnn_manual.modules import RNN as RNN
    from rnn_manual.modules import GRUCell as GRUCell
    from rnn_manual.modules import LSTMCell as LSTMCell
    from rnn_manual.modules import RNNCell as RNNCell
    from rnn_manual.weights import as_numpy as as_numpy
    from rnn_manual.weights import copy_weights as copy_weights

__version__ = "0.1.0"

# Loaded on first use: the command line answers --help without waiting for torch.
_MODULES = ("GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell")
_HOME = {
    "Config": "config",
    "as_numpy": "weights",
    "copy_weights": "weights",
    "run": "layout",
    "vjp": "backprop",
    **dict.fromkeys(_MODULES, "modules"),
}
__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Config",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "as_numpy",
    "copy_weights",
    "run",
    "vjp",
]


def __getattr__(name: str) -> Any:
    if name == "parity":
        return import_module("rnn_manual.parity")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__", "parity"]
