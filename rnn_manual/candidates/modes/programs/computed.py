"""Weights that are computed from other parameters before every call."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.utils import weight_norm
from torch.nn.utils.parametrize import register_parametrization

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.modes.flat import flat, returned, tensors_of
from rnn_manual.candidates.modes.node import enclosed
from rnn_manual.candidates.torch_versions import needed

# From one of the layer's parameters to those it is computed from, by their names.
Sources = Callable[[str, torch.Tensor], dict[str, torch.Tensor]]


def _copy(built: Built) -> nn.Module:
    """A copy of the layer. Raises: Unsupported: its parameters have other names than nn's."""
    missing = [n for n in built.config.parameter_shapes() if n not in built.module._parameters]
    if missing:
        raise Unsupported(f"the layer has no parameter {missing[0]!r}")
    return copy.deepcopy(built.module)


class _Negated(nn.Module):
    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return -X


def _parametrize(built: Built) -> Built:
    other = _copy(built)
    for name in dict(built.module.named_parameters()):
        if name.startswith("weight_hh"):
            register_parametrization(other, name, _Negated())

    def sources(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
        if name.startswith("weight_hh"):
            return {f"parametrizations.{name}.original": -weight}
        return {name: weight}

    return _computed(built, other, sources)


def _weight_norm(built: Built) -> Built:
    parametrized = needed("torch.nn.utils.parametrizations.weight_norm")
    other = parametrized(_copy(built), "weight_hh_l0")
    original = "parametrizations.weight_hh_l0.original"
    return _computed(built, other, _polar(f"{original}0", f"{original}1"))


def _weight_norm_hook(built: Built) -> Built:
    other = _copy(built)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # that it is the older of the two
        weight_norm(other, "weight_hh_l0")
    return _computed(built, other, _polar("weight_hh_l0_g", "weight_hh_l0_v"))


def _polar(magnitude: str, direction: str) -> Sources:
    def sources(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
        if name == "weight_hh_l0":
            return {magnitude: weight.norm(dim=1, keepdim=True), direction: weight}
        return {name: weight}

    return sources


def _computed(built: Built, other: nn.Module, sources: Sources) -> Built:
    """Calls `other` with parameters that come from the layer's, to which gradients go back."""

    def call(input: Any, hx: Any = None) -> Any:
        values: dict[str, torch.Tensor] = {}
        for name, parameter in built.module.named_parameters():
            values |= sources(name, parameter)
        inner = [other.get_parameter(name) for name in values]
        with torch.no_grad():
            for parameter, value in zip(inner, values.values(), strict=True):
                parameter.copy_(value)
        function, tensors = flat(other, input, hx), tensors_of(input, hx)
        return returned(input, enclosed(function, tensors, list(values.values()), inner))

    return built._replace(call=call)


MODES = [
    Mode("parametrize", "every weight_hh is −X of a parameter X", _parametrize),
    Mode("weight_norm", "weight_hh_l0 under parametrizations.weight_norm", _weight_norm),
    Mode(
        "weight_norm-hook", "weight_hh_l0 under the older nn.utils.weight_norm", _weight_norm_hook
    ),
]
