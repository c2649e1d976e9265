"""A layer constructed in other words: by position, or where and as what it is to be."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from rnn_manual.candidates.errors import Unsupported, Violation, in_one_line
from rnn_manual.candidates.harness.building import Built, constructed
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.cases.case import Case
from rnn_manual.config import Config

ORDER = ("bias", "batch_first", "dropout", "bidirectional", "proj_size")


def arguments(config: Config) -> list[Any]:
    """All arguments of the layer's constructor, in torch's order."""
    kind = config.kind
    own = [config.nonlinearity] if kind == "rnn" else []
    last = ORDER if kind == "lstm" else ORDER[:-1]
    named = [getattr(config, name) for name in last]
    return [*config.sizes, config.num_layers, *own, *named]


def _constructed_by(make: Callable[[type[nn.Module], Built], nn.Module]) -> Any:
    """The layer that `make` constructs lives on, with the right weights."""

    def build(built: Built) -> Built:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a single layer has no use for dropout
                module = make(type(built.module), built)
        except TypeError as error:  # it takes no such arguments, and says so
            raise Unsupported(in_one_line(error)) from error
        try:
            module.load_state_dict(built.module.state_dict())
        except RuntimeError as error:
            first = " ".join(str(error).split())
            raise Violation(f"constructed so, has other parameters: {first}") from error
        module.train(built.module.training)
        return built._replace(module=module, call=module)

    return build


def _by_position(layer: type[nn.Module], built: Built) -> nn.Module:
    given = arguments(built.config)
    like = next(built.module.parameters())
    # torch 1.13 takes nonlinearity by name only: then as much by position as it takes.
    if built.config.kind == "rnn" and not _takes_nonlinearity():
        return layer(*given[:3], **_rest(built.config)).to(like)
    return layer(*given).to(like)


def _takes_nonlinearity() -> bool:
    try:
        return bool(nn.RNN(1, 1, 1, "relu").nonlinearity == "relu")
    except (TypeError, ValueError):
        return False


def _rest(config: Config) -> dict[str, Any]:
    return {name: v for name, v in config.options.items() if name != "num_layers"}


def _three_by_position(layer: type[nn.Module], built: Built) -> nn.Module:
    like = next(built.module.parameters())
    return layer(*arguments(built.config)[:3], **_rest(built.config)).to(like)


def _where_and_as_what(layer: type[nn.Module], built: Built) -> nn.Module:
    like = next(built.module.parameters())
    for asked in (
        {"device": like.device, "dtype": like.dtype},
        {"device": torch.device("meta"), "dtype": like.dtype},
    ):
        module: nn.Module = constructed(layer, built.config, **asked)
        for name, parameter in module.named_parameters():
            for what, expected in asked.items():
                got = getattr(parameter, what)
                if got != expected:
                    raise Violation(
                        f"constructed with {what}={expected}, its {name} has {what} {got}"
                    )
    return constructed(layer, built.config, device=like.device, dtype=like.dtype)  # type: ignore[no-any-return]


def _stacked(case: Case) -> bool:
    return case.config.num_layers > 1  # else there is nothing to tell by


def _unlike_its_defaults(case: Case) -> bool:
    """No two neighbouring arguments are alike, so that none stands for another."""
    c = case.config
    return _stacked(case) and not c.bias and c.batch_first and c.bidirectional


MODES = [
    Mode("sizes-by-position", "layer(I, H, L, …)", _constructed_by(_three_by_position), _stacked),
    Mode(
        "by-position",
        "every argument by its position",
        _constructed_by(_by_position),
        _unlike_its_defaults,
    ),
    Mode("device-dtype", "layer(…, device=…, dtype=…)", _constructed_by(_where_and_as_what)),
]
