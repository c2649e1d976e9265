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
from rnn_manual.drop_in import REFUSALS, DropIn, NotTaken, check_kind
from rnn_manual.layout import from_loops, to_loops
from rnn_manual.loops import Cell, run_layers
from rnn_manual.ops import TorchOps
from rnn_manual.weights import LayerWeights, Weights, weights_from


def _run_layer(config: Config, weights: Weights, input: Any, hx: Any, training: bool) -> Any:
    """The loops. Raises: NotTaken: they do not take such a call."""
    try:
        layout, state = to_loops(config, weights, input, hx, mixed=True)
        check_kind("input", layout.rows, weights[0][0].weight_ih)
        check_kind("h_0", state[0], weights[0][0].weight_ih)  # nn does not look at c_0
    except REFUSALS as error:
        raise NotTaken from error
    rows, sizes = layout.rows, layout.batch_sizes
    return from_loops(config, layout, *run_layers(config, weights, rows, sizes, state, training))


class _Layer(DropIn):
    """RNN, LSTM and GRU: the loops."""

    def _compute(self, input: Any, hx: Any) -> Any:
        config, module = Config.of(self), cast(Any, self)
        # nn's own list, not the attributes: what counts its readings, as spectral_norm does in
        # training, is then read exactly as often as by nn. (In torch 1.13 it keeps the list.)
        if hasattr(module, "_weights_have_changed") and module._weights_have_changed():
            module._init_flat_weights()
        named = dict(zip(module._flat_weights_names, module._flat_weights, strict=True))
        return _run_layer(config, weights_from(config, named), input, hx, self.training)

    @classmethod
    def _arguments(cls, module: Any) -> dict[str, Any]:
        config = Config.of(module)
        return {
            "input_size": config.input_size,
            "hidden_size": config.hidden_size,
            **config.options,
        }


def _run_cell(
    equations: Cell, w: LayerWeights, input: Any, state: tuple[Any, ...] | None, states: int
) -> tuple[Any, ...]:
    """One step. Raises: NotTaken: the shapes or dtypes do not fit."""
    ops, (features, H) = TorchOps(), (w.weight_ih.shape[1], w.weight_hh.shape[1])
    try:
        unbatched = input.dim() == 1
        x = input.unsqueeze(0) if unbatched else input
        B, given = x.shape
        if state is None:
            state = (ops.zeros((B, H), like=x),) * states
        elif unbatched:
            state = tuple(s.unsqueeze(0) for s in state)
        if given != features or [tuple(s.shape) for s in state] != [(B, H)] * states:
            raise ValueError(f"expected input ({B}, {features}) and {states} states ({B}, {H})")
        check_kind("input", x, w.weight_ih)
        check_kind("h", state[0], w.weight_ih)
    except REFUSALS as error:
        raise NotTaken from error
    state = equations(ops, w, ops.linear(x, w.weight_ih, w.bias_ih), *state)
    return tuple(s.squeeze(0) for s in state) if unbatched else state


class _Cell(DropIn):
    """RNNCell, LSTMCell and GRUCell: the equations, once."""

    def _step(self, equations: Cell, input: Any, state: Any, states: int = 1) -> tuple[Any, ...]:
        module = cast(Any, self)
        w = LayerWeights(module.weight_ih, module.weight_hh, module.bias_ih, module.bias_hh)
        return _run_cell(equations, w, input, state, states)

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
        try:
            hx = None if hx is None else _pair(input, hx)
        except REFUSALS as error:
            raise NotTaken from error
        # Not super(): torch.compile of 2.15 fails on that in what inherits from nn.LSTM.
        return _Layer._compute(self, input, hx)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


def _pair(input: Any, hx: Any) -> Any:
    """(h_0, c_0), as nn reads it: by index where it reshapes them, of anything that has 0 and 1."""
    packed = isinstance(input, PackedSequence)
    if input.sorted_indices is not None if packed else input.dim() == 2:
        return hx[0], hx[1]
    if isinstance(hx, torch.Tensor):
        raise TypeError("state must be (h_0, c_0), got a tensor")
    return hx


class GRU(_Layer, nn.GRU):
    """`torch.nn.GRU`, computed by the loops. Source: torch.nn.GRU."""

    _namesake = nn.GRU

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class RNNCell(_Cell, nn.RNNCell):
    """`torch.nn.RNNCell`, computed by the equations. Source: torch.nn.RNNCell."""

    _namesake = nn.RNNCell

    def _compute(self, input: Any, hx: Any) -> Any:
        equations = {"tanh": cells.rnn_tanh, "relu": cells.rnn_relu}.get(self.nonlinearity)
        if equations is None:
            raise NotTaken from ValueError(f"unknown nonlinearity {self.nonlinearity}")
        return self._step(equations, input, None if hx is None else (hx,))[0]

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


class LSTMCell(_Cell, nn.LSTMCell):
    """`torch.nn.LSTMCell`, computed by the equations. Source: torch.nn.LSTMCell."""

    _namesake = nn.LSTMCell

    def _compute(self, input: Any, hx: Any) -> Any:
        if isinstance(hx, torch.Tensor) and not _unbatched(input):
            raise NotTaken from TypeError("state must be (h_0, c_0), got a tensor")
        if hx is not None and _unbatched(input):
            hx = tuple(hx)[:2]  # as nn: of anything that yields h_0 and c_0, more or not
        return self._step(cells.lstm, input, hx, 2)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)


def _unbatched(input: Any) -> bool:
    return isinstance(input, torch.Tensor) and input.dim() == 1


class GRUCell(_Cell, nn.GRUCell):
    """`torch.nn.GRUCell`, computed by the equations. Source: torch.nn.GRUCell."""

    _namesake = nn.GRUCell

    def _compute(self, input: Any, hx: Any) -> Any:
        return self._step(cells.gru, input, None if hx is None else (hx,))[0]

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._run(input, hx)
