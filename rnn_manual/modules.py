"""RNN, LSTM, GRU and their cells over the loops: drop-in modules for their `torch.nn` namesakes.

They are their namesakes in everything but the computation: constructor, parameters, state_dict
and representation are inherited, and a call that the loops refuse is put to the namesake, so that
the error is PyTorch's own, whatever the version.

Under autocast they compute as torch's own kernels do. Where oneDNN is on, `nn.LSTM` alone leaves
those for it, and its results for padded input are then of the narrow dtype, where ours are not.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual import cells
from rnn_manual.config import Config
from rnn_manual.drop_in import DropIn
from rnn_manual.layout import run
from rnn_manual.loops import Cell
from rnn_manual.ops import TorchOps
from rnn_manual.weights import LayerWeights, weights_from


class _Layer(DropIn):
    """RNN, LSTM and GRU: the loops."""

    def _compute(self, input: Any, hx: Any) -> tuple[Any, Any]:
        config = Config.of(self)
        module: Any = self
        # nn's own list, not the attributes: what counts its readings, as spectral_norm does in
        # training, is then read exactly as often as by nn. (In torch 1.13 it keeps the list.)
        if hasattr(module, "_weights_have_changed") and module._weights_have_changed():
            module._init_flat_weights()
        named = dict(zip(module._flat_weights_names, module._flat_weights, strict=True))
        weights = weights_from(config, named)
        return run(config, weights, input, hx, training=self.training, mixed=True)

    @classmethod
    def _arguments(cls, module: Any) -> dict[str, Any]:
        config = Config.of(module)
        return {
            "input_size": config.input_size,
            "hidden_size": config.hidden_size,
            **config.options,
        }


class _Cell(DropIn):
    """RNNCell, LSTMCell and GRUCell: the equations, once."""

    @property
    def _equations(self) -> Cell:
        raise NotImplementedError

    def _step(self, input: Any, state: tuple[Any, ...] | None, number: int) -> tuple[Any, ...]:
        """One step from `number` states, zeros if there is none yet.

        Raises: ValueError: the shapes do not fit.
        """
        ops, module = TorchOps(), cast(Any, self)
        w = LayerWeights(module.weight_ih, module.weight_hh, module.bias_ih, module.bias_hh)
        unbatched = input.dim() == 1
        x = input.unsqueeze(0) if unbatched else input
        B, _ = x.shape
        if state is None:
            state = (ops.zeros((B, module.hidden_size), like=x),) * number
        elif unbatched:
            state = tuple(s.unsqueeze(0) for s in state)
        if any(s.shape != (B, module.hidden_size) for s in state):
            raise ValueError(f"state must have shape {(B, module.hidden_size)}")
        state = self._equations(ops, w, ops.linear(x, w.weight_ih, w.bias_ih), *state)
        return tuple(s.squeeze(0) for s in state) if unbatched else state

    def _compute(self, input: Any, hx: Any) -> Any:
        return self._step(input, None if hx is None else (hx,), 1)[0]

    @classmethod
    def _arguments(cls, module: Any) -> dict[str, Any]:
        names = ("input_size", "hidden_size", "bias", "nonlinearity")
        return {name: getattr(module, name) for name in names if hasattr(module, name)}


class RNN(_Layer, nn.RNN):
    """`torch.nn.RNN`, computed by the loops. Source: torch.nn.RNN."""

    _namesake = nn.RNN

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class LSTM(_Layer, nn.LSTM):
    """`torch.nn.LSTM`, computed by the loops. Source: torch.nn.LSTM."""

    _namesake = nn.LSTM

    def _compute(self, input: Any, hx: Any) -> Any:
        if hx is not None:
            packed = isinstance(input, PackedSequence)
            # nn takes (h_0, c_0) by index where it reshapes them, of anything that has a 0 and a 1.
            if input.sorted_indices is not None if packed else input.dim() == 2:
                hx = (hx[0], hx[1])
            elif isinstance(hx, torch.Tensor):
                raise TypeError("state must be (h_0, c_0), got a tensor")
        # Not super(): torch.compile of 2.15 fails on that in what inherits from nn.LSTM.
        return _Layer._compute(self, input, hx)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class GRU(_Layer, nn.GRU):
    """`torch.nn.GRU`, computed by the loops. Source: torch.nn.GRU."""

    _namesake = nn.GRU

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class RNNCell(_Cell, nn.RNNCell):
    """`torch.nn.RNNCell`, computed by the equations. Source: torch.nn.RNNCell."""

    _namesake = nn.RNNCell

    @property
    def _equations(self) -> Cell:
        return {"tanh": cells.rnn_tanh, "relu": cells.rnn_relu}[self.nonlinearity]

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class LSTMCell(_Cell, nn.LSTMCell):
    """`torch.nn.LSTMCell`, computed by the equations. Source: torch.nn.LSTMCell."""

    _namesake = nn.LSTMCell
    _equations = staticmethod(cells.lstm)

    def _compute(self, input: Any, hx: Any) -> Any:
        if hx is not None and input.dim() == 1:
            hx = tuple(hx)[:2]  # as nn: of anything that yields h_0 and c_0, more or not
        elif isinstance(hx, torch.Tensor):
            raise TypeError("state must be (h_0, c_0), got a tensor")
        return self._step(input, hx, 2)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class GRUCell(_Cell, nn.GRUCell):
    """`torch.nn.GRUCell`, computed by the equations. Source: torch.nn.GRUCell."""

    _namesake = nn.GRUCell
    _equations = staticmethod(cells.gru)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)
