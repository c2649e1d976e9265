"""What the drop-in modules share: nn's constructor, words and representation, our computation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import torch
from torch import nn

M = TypeVar("M", bound="DropIn")


class NotTaken(Exception):
    """A call that the loops refuse, for the reason that caused it, before anything is computed."""


# What looking at a call may raise that is none: it may be anything that a caller came up with.
REFUSALS = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


def check_kind(name: str, tensor: Any, weight: torch.Tensor) -> None:
    """Raises ValueError unless a tensor is of the weights' device and, outside autocast, dtype."""
    if tensor.device != weight.device:
        raise ValueError(f"{name} must be on {weight.device}, got {tensor.device}")
    if tensor.dtype != weight.dtype and not autocasts(weight.device.type):
        raise ValueError(f"{name} must have dtype {weight.dtype}, got {tensor.dtype}")


def autocasts(device: str) -> bool:
    """Whether autocast is on for a type of device."""
    try:
        return torch.is_autocast_enabled(device)
    except TypeError:  # before torch 2.4 it was asked otherwise
        return torch.is_autocast_cpu_enabled() if device == "cpu" else torch.is_autocast_enabled()


class DropIn(nn.Module):
    """What all of them share. Abstract: their namesakes give the constructor."""

    _namesake: ClassVar[type[nn.Module]]

    def _compute(self, input: Any, hx: Any) -> Any:
        """What forward does with a call that it takes. Raises: NotTaken: before it computes."""
        raise NotImplementedError

    def _run(self, input: Any, hx: Any) -> Any:
        """What forward does. Args, returns and errors: as the namesake's forward."""
        try:
            return self._compute(input, hx)
        except NotTaken as error:  # and nothing else: what torch raises on its way is torch's
            refused = error.__cause__
        namesake: Any = self._namesake
        namesake.forward(self, input, hx)  # whatever is wrong, nn says it in nn's words
        assert refused is not None
        raise refused

    def __prepare_scriptable__(self) -> nn.Module:
        """What torch.jit.script compiles: the namesake, on the same parameters.

        TorchScript cannot express the loops. It puts what it compiles into the model that it was
        given, too: from then on, that one computes by `torch.nn` as well.
        """
        if self._namesake not in type(self).__bases__:
            return self  # somebody's subclass, whose own forward must not be lost
        scripted = copy.copy(self)
        scripted.__class__ = self._namesake  # type: ignore[assignment]
        return scripted

    @classmethod
    def _arguments(cls, module: Any) -> dict[str, Any]:
        """The constructor's arguments that build a module like this one."""
        raise NotImplementedError

    @classmethod
    def from_torch(cls: type[M], module: nn.Module) -> M:
        """A module of this class with the configuration, the weights and the mode of `module`.

        Raises: TypeError: `module` is not of the namesake class.
        """
        if not isinstance(module, cls._namesake):
            raise TypeError(
                f"expected a torch.nn.{cls.__name__}, got {type(module).__module__}."
                f"{type(module).__name__}"
            )
        weight = next(module.parameters())
        build: Callable[..., M] = cls
        new = build(**cls._arguments(module), device=weight.device, dtype=weight.dtype)
        new.load_state_dict(module.state_dict())
        for name, parameter in module.named_parameters():
            new.get_parameter(name).requires_grad_(parameter.requires_grad)
        return new.train(module.training)
