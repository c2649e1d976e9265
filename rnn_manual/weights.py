"""Weights as plain data, `weights[layer][direction]`, copied out of a torch module.

The loops never see an `nn.Module`: they see these, holding torch tensors or NumPy arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rnn_manual.config import Config

Array = Any  # a torch.Tensor or a numpy.ndarray


class LayerWeights(NamedTuple):
    """What one layer multiplies with in one direction (G gates: 1 for RNN, 3 for GRU, 4 for LSTM).

    weight_ih (G·H, I), weight_hh (G·H, H or P), bias_ih and bias_hh (G·H) or None,
    weight_hr (P, H) or None.
    """

    weight_ih: Array
    weight_hh: Array
    bias_ih: Array | None = None
    bias_hh: Array | None = None
    weight_hr: Array | None = None

    def map(self, function: Callable[[Array], Array]) -> LayerWeights:
        """The same weights with `function` applied to each that there is."""
        return LayerWeights(*(None if w is None else function(w) for w in self))


Weights = tuple[tuple[LayerWeights, ...], ...]


def weights_from(config: Config, parameters: Mapping[str, Array]) -> Weights:
    """Arranges parameters by PyTorch's names (`weight_ih_l0_reverse`, …) as [layer][direction]."""
    return tuple(
        tuple(
            LayerWeights(
                **{
                    role: parameters[name]
                    for role, name in config.parameter_names(layer, direction).items()
                }
            )
            for direction in range(config.num_directions)
        )
        for layer in range(config.num_layers)
    )


def parameters_from(config: Config, weights: Weights) -> dict[str, Array]:
    """The inverse of `weights_from`: name → array, in the order of `named_parameters()`."""
    return {
        name: getattr(weights[layer][direction], role)
        for layer in range(config.num_layers)
        for direction in range(config.num_directions)
        for role, name in config.parameter_names(layer, direction).items()
    }


def as_numpy(weights: Weights) -> Weights:
    """The same weights as NumPy arrays, from torch tensors on any device.

    Raises: TypeError: their dtype is one that NumPy has not, as bfloat16.
    """
    return tuple(tuple(w.map(lambda t: t.detach().cpu().numpy()) for w in row) for row in weights)


def read_weights(module: Any) -> Weights:
    """The module's own parameters, so that gradients flow back into them."""
    config = Config.of(module)
    return weights_from(config, {name: getattr(module, name) for name in config.parameter_shapes()})


def copy_weights(module: Any) -> Weights:
    """The weights of an `nn.RNN`, `nn.LSTM` or `nn.GRU` as plain data, detached and cloned.

    Returns: `weights[layer][direction]`, each a `LayerWeights` of torch tensors.
    """
    return tuple(
        tuple(w.map(lambda tensor: tensor.detach().clone()) for w in layer)
        for layer in read_weights(module)
    )
