"""Other weights for the same network: changes to it that change its results in a known way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.cases.draw import Floats
from rnn_manual.claims.laws import by_direction, by_layer
from rnn_manual.claims.layer import Outputs
from rnn_manual.config import Config
from rnn_manual.weights import LayerWeights, parameters_from, weights_from

Order = NDArray[np.intp]


class UnitsPermuted:
    """Every layer's and direction's units in another order, each in its own."""

    def __init__(self, config: Config, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.config = config
        rows = range(config.num_rows)
        self.cells: list[Order] = [rng.permutation(config.hidden_size) for _ in rows]
        # A projection's outputs have an order of their own.
        self.outputs = self.cells
        if config.proj_size:
            self.outputs = [rng.permutation(config.proj_size) for _ in rows]

    def parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        weights = weights_from(self.config, parameters)
        layers = range(self.config.num_layers)
        return parameters_from(
            self.config,
            tuple(tuple(self._weights(k, d, w) for d, w in enumerate(weights[k])) for k in layers),
        )

    def _weights(self, layer: int, direction: int, w: LayerWeights) -> LayerWeights:
        row, H = self.config.row(layer, direction), self.config.hidden_size
        gates = range(len(self.config.gates))
        rows = np.concatenate([gate * H + self.cells[row] for gate in gates])
        below = slice(None) if layer == 0 else self._columns(layer - 1)
        return LayerWeights(
            w.weight_ih[rows][:, below],
            w.weight_hh[rows][:, self.outputs[row]],
            None if w.bias_ih is None else w.bias_ih[rows],
            None if w.bias_hh is None else w.bias_hh[rows],
            None if w.weight_hr is None else w.weight_hr[self.outputs[row]][:, self.cells[row]],
        )

    def _columns(self, layer: int) -> Order:
        """The order in which a layer's whole output then stands."""
        size, D = self.config.output_size, range(self.config.num_directions)
        return np.concatenate([d * size + self.outputs[self.config.row(layer, d)] for d in D])

    def states(self, states: Sequence[Floats]) -> list[Floats]:
        """(h) or (h, c)."""
        orders = (self.outputs, self.cells)
        return [
            np.stack([x[..., order] for x, order in zip(s, rows, strict=True)])
            for s, rows in zip(states, orders, strict=False)
        ]

    def results(self, outputs: Outputs) -> Outputs:
        out = outputs.out[..., self._columns(self.config.num_layers - 1)]
        return Outputs(out, *self.states(outputs.states))


class DirectionsExchanged:
    """The backward direction's weights and states in the forward one's place, and conversely."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        first, *above = weights_from(self.config, parameters)
        size = self.config.output_size

        def reads_exchanged(w: LayerWeights) -> LayerWeights:
            return w._replace(weight_ih=np.roll(w.weight_ih, size, axis=1))

        above = [tuple(map(reads_exchanged, layer)) for layer in above]
        return parameters_from(self.config, tuple(layer[::-1] for layer in [first, *above]))

    def states(self, states: Sequence[Floats]) -> list[Floats]:
        """(h) or (h, c)."""
        return [by_layer(self.config, s)[:, ::-1].reshape(s.shape) for s in states]

    def results(self, outputs: Outputs) -> Outputs:
        """Of one sequence, which then runs the other way: out (its length, …), h_n (S, …)."""
        out = by_direction(self.config, outputs.out)[::-1, ..., ::-1, :].reshape(outputs.out.shape)
        return Outputs(out, *self.states(outputs.states))
