"""Other people's layers, where they are installed: `pip install --group bench`."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import Any

import torch

from bench.case import Case
from bench.subject import Built, NotTimed
from rnn_manual.layout import rows_of


def _import(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        raise NotTimed("not installed") from error


def opacus(module: Any, case: Case) -> Built:
    """DPRNN, DPLSTM or DPGRU: loops whose matmuls are modules, for gradients sample by sample."""
    layers = _import("opacus.layers")
    options = {"num_layers": case.num_layers, "bidirectional": case.bidirectional}
    layer = getattr(layers, f"DP{case.kind}")(*case.size[2:], **options).to(case.dtype)
    layer.load_state_dict(module.state_dict())
    return Built(lambda x: rows_of(layer(x)[0]), list(layer.parameters()))


def keras(module: Any, case: Case) -> Built:
    """keras.layers.SimpleRNN, LSTM or GRU, batch-first as they are."""
    if case.packed or case.num_layers > 1 or case.bidirectional:
        raise NotTimed("timed for one layer, padded")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    backend = _import("keras")
    if backend.backend.backend() != "torch":
        raise NotTimed("its backend is not torch")
    *_, I, H = case.size
    of_kind = getattr(backend.layers, "SimpleRNN" if case.kind == "RNN" else case.kind)
    layer = of_kind(H, return_sequences=True)
    with torch.device("cpu"):
        layer.build((case.size[1], case.size[0], I))
    layer.set_weights([array.detach().numpy() for array in _for_keras(module, case.kind, H)])
    parameters = [variable.value for variable in layer.trainable_weights]
    return Built(lambda x: layer(x.transpose(0, 1)).transpose(0, 1), parameters)


def _for_keras(module: Any, kind: str, H: int) -> list[Any]:
    """Kernel, recurrent kernel and bias. Keras' GRU has z before r."""
    W_ih, W_hh, b_ih, b_hh = module.parameters()
    if kind != "GRU":
        return [W_ih.T, W_hh.T, b_ih + b_hh]
    W_ih, W_hh, b_ih, b_hh = (
        torch.cat([w[H : 2 * H], w[:H], w[2 * H :]]) for w in (W_ih, W_hh, b_ih, b_hh)
    )
    return [W_ih.T, W_hh.T, torch.stack([b_ih, b_hh])]
