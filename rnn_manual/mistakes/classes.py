"""Mistakes in how a class is constructed: what it computes is right."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def _of(kind: type[nn.RNNBase]) -> dict[str, type[nn.Module]]:
    name = kind.__name__

    class ZeroWeights(kind):  # type: ignore[misc, valid-type]
        """All weights start at 0."""

        def reset_parameters(self) -> None:
            for weight in self.parameters():
                nn.init.zeros_(weight)

    class WideWeights(kind):  # type: ignore[misc, valid-type]
        """Weights start between ±2/√H."""

        def reset_parameters(self) -> None:
            bound = 2 * self.hidden_size**-0.5
            for weight in self.parameters():
                nn.init.uniform_(weight, -bound, bound)

    class ZeroBiases(kind):  # type: ignore[misc, valid-type]
        """Biases start at 0, as in other libraries."""

        def reset_parameters(self) -> None:
            super().reset_parameters()
            for weight_name, weight in self.named_parameters():
                if weight_name.startswith("bias"):
                    nn.init.zeros_(weight)

    class FixedWeights(kind):  # type: ignore[misc, valid-type]
        """Every layer starts with the same weights, whatever the seed."""

        def reset_parameters(self) -> None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                super().reset_parameters()

    class DropoutFourth(kind):  # type: ignore[misc, valid-type]
        """Its fourth argument is dropout, and bias comes where dropout does."""

        def __init__(self, *given: Any, **named: Any) -> None:
            at = 4 if name == "RNN" else 3
            first, last = given[:at], given[at:]
            if len(last) > 2:
                bias, batch_first, dropout, *more = last
                last = (dropout, batch_first, bias, *more)
            super().__init__(*first, *last, **named)

    class BiasThird(kind):  # type: ignore[misc, valid-type]
        """Its third positional argument is bias, not the number of layers."""

        def __init__(self, *given: Any, **named: Any) -> None:
            sizes, third = given[:2], given[2:3]
            more = {"bias": bool(third[0])} if third else {}
            super().__init__(*sizes, **more | named)

    class IgnoresDtype(kind):  # type: ignore[misc, valid-type]
        """dtype= is taken, and ignored."""

        def __init__(self, *given: Any, dtype: Any = None, **named: Any) -> None:
            super().__init__(*given, **named)

    class IgnoresDevice(kind):  # type: ignore[misc, valid-type]
        """device= is taken, and ignored."""

        def __init__(self, *given: Any, device: Any = None, **named: Any) -> None:
            super().__init__(*given, **named)

    found: list[Any] = [
        ZeroWeights,
        WideWeights,
        ZeroBiases,
        FixedWeights,
        DropoutFourth,
        BiasThird,
        IgnoresDtype,
        IgnoresDevice,
    ]
    named: dict[str, type[nn.Module]] = {}
    for layer in found:
        layer.__qualname__ = layer.__name__ = f"{name}{layer.__name__}"
        layer.__module__ = __name__
        named[layer.__name__] = layer
    return named


CLASSES: dict[str, type[nn.Module]] = {**_of(nn.RNN), **_of(nn.LSTM), **_of(nn.GRU)}
globals().update(CLASSES)
