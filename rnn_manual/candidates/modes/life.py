"""What happens to a layer after a first call: all it has kept from that call is stale then."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from rnn_manual.candidates.errors import Unsupported, in_one_line
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, every_case
from rnn_manual.candidates.torch_versions import needed_argument
from rnn_manual.cases.case import Case
from rnn_manual.config import Config

Weights = dict[str, torch.Tensor]
Change = Callable[[Built, Weights], Any]  # the layer that goes on living, or None for the same


def _after_a_call(change: Change) -> Callable[[Built], Built]:
    """Runs the layer with other weights, then `change` gives it, or another layer, the right ones.

    The others are loaded, too, so that what it prepares as it loads is made of them.

    Args:
        change: from the layer and the right weights; returns the layer that goes on living, or
            None for the same.
    """

    def build(built: Built) -> Built:
        module = built.module
        right = {name: p.detach().clone() for name, p in module.named_parameters()}
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(2)
        state = module.state_dict()
        for name, kept in state.items():
            if isinstance(kept, torch.Tensor):  # what a class adds to it need be none
                state[name] = kept.clone()
        module.load_state_dict(state)
        _run(module, built.config)
        living = change(built, right) or module
        return built._replace(module=living, call=living)

    return build


def _run(module: nn.Module, config: Config) -> None:
    """A first call: of a training step, and then one without gradients, as in an evaluation."""
    like = next(module.parameters())
    input = torch.ones(2, 2, config.input_size, dtype=like.dtype, device=like.device)
    out = module(input)[0]
    if out.requires_grad:
        out.sum().backward()
    module.zero_grad()
    with torch.no_grad():
        module(input)


def _data(built: Built, right: Weights) -> None:
    for name, parameter in built.module.named_parameters():
        parameter.data = right[name]


def _copy(built: Built, right: Weights) -> None:
    _copy_into(built.module, right)


def _copy_into(module: nn.Module, right: Weights) -> None:
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(right[name])


def _load(built: Built, right: Weights) -> None:
    built.module.load_state_dict(right)


def _step(built: Built, right: Weights) -> None:
    for name, parameter in built.module.named_parameters():
        parameter.grad = right[name]
    torch.optim.SGD(built.module.parameters(), lr=1.0).step()  # 2·w − w, which is exact
    built.module.zero_grad()


def _assign(built: Built, right: Weights) -> None:
    for name, weight in right.items():
        setattr(built.module, name, nn.Parameter(weight))


def _double_and_back(built: Built, right: Weights) -> None:
    module = built.module
    dtype = next(module.parameters()).dtype
    module.to(torch.float64)
    _run(module, built.config)
    _copy_into(module, right)
    _run(module, built.config)
    module.to(dtype)


def _through(copied: Callable[[nn.Module], nn.Module]) -> Change:
    """A copy of the layer lives on, if Python can copy the layer at all."""

    def change(built: Built, right: Weights) -> nn.Module:
        try:
            twin = copied(built.module)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise Unsupported(in_one_line(error)) from error
        _copy_into(twin, right)
        return twin

    return change


def _pickled(module: nn.Module) -> nn.Module:
    twin: nn.Module = pickle.loads(pickle.dumps(module))
    return twin


def _saved(module: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    twin: nn.Module = torch.load(file, weights_only=False)
    return twin


def _share(built: Built, right: Weights) -> None:
    built.module.share_memory()
    _copy(built, right)


def _meta(built: Built, right: Weights) -> None:
    device = next(built.module.parameters()).device
    built.module.to("meta")
    built.module.to_empty(device=device)
    built.module.load_state_dict(right)


def _meta_assigned(built: Built, right: Weights) -> None:
    needed_argument(built.module.load_state_dict, "load_state_dict", "assign=True")
    built.module.to("meta")
    built.module.load_state_dict(right, assign=True)


def _flatten(built: Built, right: Weights) -> None:
    flatten = getattr(built.module, "flatten_parameters", None)
    if flatten is None:
        raise Unsupported("the layer has no flatten_parameters")
    flatten()
    _copy(built, right)


def _mode(
    name: str, sentence: str, change: Change, takes: Callable[[Case], bool] = every_case
) -> Mode:
    return Mode(name, sentence, _after_a_call(change), takes, after_a_call=True)


MODES = [
    _mode("data", "p.data = w after a first call", _data),
    _mode("copy_", "p.copy_(w) under no_grad after a first call", _copy),
    _mode("load_state_dict", "load_state_dict after a first call", _load),
    _mode("step", "a step of an optimizer after a first call", _step),
    _mode("assign", "a new Parameter assigned after a first call", _assign),
    _mode(
        "to-double",
        "to float64 and back after a first call",
        _double_and_back,
        takes=lambda case: case.dtype != "float64",
    ),
    _mode("deepcopy", "a deep copy after a first call", _through(copy.deepcopy)),
    _mode("pickle", "pickled and read back after a first call", _through(_pickled)),
    _mode("save", "torch.save and load after a first call", _through(_saved)),
    _mode("share_memory", "share_memory after a first call", _share),
    _mode("meta", "to meta, to_empty and load_state_dict after a first call", _meta),
    _mode("meta-assign", "to meta and load_state_dict(assign=True)", _meta_assigned),
    _mode("flatten_parameters", "flatten_parameters after a first call", _flatten),
]
