"""What happens to a layer after a first call: all it has kept from that call is stale then."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.modes.mode import Build, Mode
from rnn_manual.parity.versions import needed_argument

Weights = dict[str, torch.Tensor]


def _life(change: Callable[[nn.RNNBase, Weights], Any]) -> Build:
    """Runs the layer with other weights, then `change` gives it, or another layer, the right ones.

    Args:
        change: from the layer and the right weights; returns the layer that goes on living, or
            None for the same.
    """

    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        right = {name: p.detach().clone() for name, p in module.named_parameters()}
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(2)
        _run(module)
        living = change(module, right) or module
        return living, living

    return build


def _run(module: nn.RNNBase) -> None:
    """A first call: of a training step, and then one without gradients, as in an evaluation."""
    like = next(module.parameters())
    input = torch.ones(2, 2, module.input_size, dtype=like.dtype, device=like.device)
    module(input)[0].sum().backward()
    module.zero_grad()
    with torch.no_grad():
        module(input)


def _data(module: nn.RNNBase, right: Weights) -> None:
    for name, parameter in module.named_parameters():
        parameter.data = right[name]


def _copy(module: nn.RNNBase, right: Weights) -> None:
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(right[name])


def _load(module: nn.RNNBase, right: Weights) -> None:
    module.load_state_dict(right)


def _step(module: nn.RNNBase, right: Weights) -> None:
    for name, parameter in module.named_parameters():
        parameter.grad = right[name]
    torch.optim.SGD(module.parameters(), lr=1.0).step()  # 2·w − w, which is exact
    module.zero_grad()


def _assign(module: nn.RNNBase, right: Weights) -> None:
    for name, weight in right.items():
        setattr(module, name, nn.Parameter(weight))


def _double_and_back(module: nn.RNNBase, right: Weights) -> None:
    dtype = next(module.parameters()).dtype
    module.to(torch.float64)
    _run(module)
    _copy(module, right)
    _run(module)
    module.to(dtype)


def _deepcopy(module: nn.RNNBase, right: Weights) -> nn.RNNBase:
    twin = copy.deepcopy(module)
    _copy(twin, right)
    return twin


def _pickle(module: nn.RNNBase, right: Weights) -> nn.RNNBase:
    twin: nn.RNNBase = pickle.loads(pickle.dumps(module))
    _copy(twin, right)
    return twin


def _save(module: nn.RNNBase, right: Weights) -> nn.RNNBase:
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    twin: nn.RNNBase = torch.load(file, weights_only=False)
    _copy(twin, right)
    return twin


def _share(module: nn.RNNBase, right: Weights) -> None:
    module.share_memory()
    _copy(module, right)


def _meta(module: nn.RNNBase, right: Weights) -> None:
    device = next(module.parameters()).device
    module.to("meta")
    module.to_empty(device=device)
    module.load_state_dict(right)


def _meta_assigned(module: nn.RNNBase, right: Weights) -> None:
    needed_argument(module.load_state_dict, "load_state_dict", "assign=True")
    module.to("meta")
    module.load_state_dict(right, assign=True)


def _flatten(module: nn.RNNBase, right: Weights) -> None:
    module.flatten_parameters()
    _copy(module, right)


MODES = [
    Mode("data", "p.data = w after a first call", _life(_data)),
    Mode("copy_", "p.copy_(w) under no_grad after a first call", _life(_copy)),
    Mode("load_state_dict", "load_state_dict after a first call", _life(_load)),
    Mode("step", "a step of an optimizer after a first call", _life(_step)),
    Mode("assign", "a new Parameter assigned after a first call", _life(_assign)),
    Mode(
        "to-double",
        "to float64 and back after a first call",
        _life(_double_and_back),
        takes=lambda case: case.dtype != "float64",
    ),
    Mode("deepcopy", "a deep copy after a first call", _life(_deepcopy)),
    Mode("pickle", "pickled and read back after a first call", _life(_pickle)),
    Mode("save", "torch.save and load after a first call", _life(_save)),
    Mode("share_memory", "share_memory after a first call", _life(_share)),
    Mode("meta", "to meta, to_empty and load_state_dict after a first call", _life(_meta)),
    Mode("meta-assign", "to meta and load_state_dict(assign=True)", _life(_meta_assigned)),
    Mode("flatten_parameters", "flatten_parameters after a first call", _life(_flatten)),
]
