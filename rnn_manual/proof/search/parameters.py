"""Where in a layer a parameter is."""

from __future__ import annotations

from typing import NamedTuple

from rnn_manual.config import Config


class Parameter(NamedTuple):
    """role: its name without layer and direction, as weight_hh."""

    layer: int
    direction: int
    role: str


def parameter_of(config: Config, gradient: str) -> Parameter | None:
    """Where that is which a result is the gradient for: `grad weight_hh_l0`; None for a state's."""
    for layer in range(config.num_layers):
        for direction in range(config.num_directions):
            for role, name in config.parameter_names(layer, direction).items():
                if gradient == f"grad {name}":
                    return Parameter(layer, direction, role)
    return None
