"""RNN, LSTM, GRU and their cells over the loops: drop-in modules for their `torch.nn` namesakes.

They are their namesakes in everything but the computation: constructor, parameters, state_dict
and representation are inherited, and a call that the loops refuse is put to the namesake, so that
the error is PyTorch's own, whatever the version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import run, state_given, state_tuple
from rnn_manual.weights import LayerWeights, read_weights

M = TypeVar("M", bound="_DropIn")


class _DropIn(nn.Module):
    """What all of them share. Abstract: their namesakes give the constructor."""

    namesake: ClassVar[type[nn.Module]]

    def compute(self, input: Any, hx: Any) -> Any:
        raise NotImplementedError

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Args, returns and errors: as the namesake's forward."""
        try:
            return self.compute(input, hx)
        except Exception as error:
            refused = error
        super().forward(input, hx)  # whatever is wrong with the call, nn says it in nn's words
        raise refused

    @classmethod
    def arguments(cls, module: Any) -> dict[str, Any]:
        """The constructor's arguments that build a module like this one."""
        raise NotImplementedError

    @classmethod
    def from_torch(cls: type[M], module: nn.Module) -> M:
        """A module of this class with the configuration, the weights and the mode of `module`.

        Raises: TypeError: `module` is not of the namesake class.
        """
        if not isinstance(module, cls.namesake):
            raise TypeError(
                f"expected a torch.nn.{cls.__name__}, got {type(module).__module__}."
                f"{type(module).__name__}"
            )
        weight = next(module.parameters())
        build: Callable[..., M] = cls
        new = build(**cls.arguments(module), device=weight.device, dtype=weight.dtype)
        new.load_state_dict(module.state_dict())
        for name, parameter in module.named_parameters():
            new.get_parameter(name).requires_grad_(parameter.requires_grad)
        return new.train(module.training)


class _Layer(_DropIn):
    """RNN, LSTM and GRU: the loops."""

    def compute(self, input: Any, hx: Any) -> tuple[Any, Any]:
        return run(Config.of(self), read_weights(self), input, hx, training=self.training)

    @classmethod
    def arguments(cls, module: Any) -> dict[str, Any]:
        config = Config.of(module)
        return {
            "input_size": config.input_size,
            "hidden_size": config.hidden_size,
            **config.options,
        }


class _Cell(_DropIn):
    """RNNCell, LSTMCell and GRUCell: a layer of one step."""

    def compute(self, input: Any, hx: Any) -> Any:
        cell: Any = self
        kind = type(self).namesake.__name__.removesuffix("Cell").lower()
        nonlinearity = getattr(cell, "nonlinearity", "tanh")
        config = Config(kind, cell.input_size, cell.hidden_size, 1, nonlinearity, cell.bias)
        weights = LayerWeights(cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
        if hx is not None:
            hx = state_given(config, [s.unsqueeze(0) for s in state_tuple(config, hx)])
        _, last = run(config, ((weights,),), input.unsqueeze(0), hx)
        return state_given(config, [s.squeeze(0) for s in state_tuple(config, last)])

    @classmethod
    def arguments(cls, module: Any) -> dict[str, Any]:
        names = ("input_size", "hidden_size", "bias", "nonlinearity")
        return {name: getattr(module, name) for name in names if hasattr(module, name)}


class RNN(_Layer, nn.RNN):
    """`torch.nn.RNN`, computed by the loops. Source: torch.nn.RNN."""

    namesake = nn.RNN


class LSTM(_Layer, nn.LSTM):
    """`torch.nn.LSTM`, computed by the loops. Source: torch.nn.LSTM."""

    namesake = nn.LSTM


class GRU(_Layer, nn.GRU):
    """`torch.nn.GRU`, computed by the loops. Source: torch.nn.GRU."""

    namesake = nn.GRU


class RNNCell(_Cell, nn.RNNCell):
    """`torch.nn.RNNCell`, computed by the loops. Source: torch.nn.RNNCell."""

    namesake = nn.RNNCell


class LSTMCell(_Cell, nn.LSTMCell):
    """`torch.nn.LSTMCell`, computed by the loops. Source: torch.nn.LSTMCell."""

    namesake = nn.LSTMCell


class GRUCell(_Cell, nn.GRUCell):
    """`torch.nn.GRUCell`, computed by the loops. Source: torch.nn.GRUCell."""

    namesake = nn.GRUCell
