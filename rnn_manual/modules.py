"""RNN and LSTM over the loops: drop-in modules for their `torch.nn` namesakes.

They are their namesakes in everything but the computation: constructor, parameters, state_dict
and representation are inherited, and a call that the loops refuse is put to the namesake, so that
the error is PyTorch's own, whatever the version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.weights import read_weights

M = TypeVar("M", bound="_Looped")


class _Looped(nn.RNNBase):
    """What RNN and LSTM share. Abstract: their namesakes give the constructor."""

    namesake: ClassVar[type[nn.RNNBase]]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Args, returns and errors: as `torch.nn.RNN.forward` and `torch.nn.LSTM.forward`.

        Raises:
            NotImplementedError: dropout between layers in training mode.
        """
        if self.training and self.dropout and self.num_layers > 1:
            raise NotImplementedError(
                f"the loops do not draw dropout masks yet: expected dropout=0 or eval(), "
                f"got dropout={self.dropout} in training"
            )
        try:
            return run(Config.of(self), read_weights(self), input, hx)
        except Exception as error:
            refused = error
        super().forward(input, hx)  # whatever is wrong with the call, nn says it in nn's words
        raise refused

    @classmethod
    def from_torch(cls: type[M], module: nn.RNNBase) -> M:
        """A layer of this class with the configuration, the weights and the mode of `module`.

        Raises: TypeError: `module` is not of the namesake class.
        """
        if not isinstance(module, cls.namesake):
            raise TypeError(
                f"expected a torch.nn.{cls.__name__}, got {type(module).__module__}."
                f"{type(module).__name__}"
            )
        config = Config.of(module)
        weight = module.weight_ih_l0
        build: Callable[..., M] = cls
        new = build(
            *config.sizes,
            **config.options,
            dropout=module.dropout,
            device=weight.device,
            dtype=weight.dtype,
        )
        new.load_state_dict(module.state_dict())
        for name, parameter in module.named_parameters():
            new.get_parameter(name).requires_grad_(parameter.requires_grad)
        return new.train(module.training)


class RNN(_Looped, nn.RNN):
    """`torch.nn.RNN`, computed by the loops. Source: torch.nn.RNN."""

    namesake = nn.RNN


class LSTM(_Looped, nn.LSTM):
    """`torch.nn.LSTM`, computed by the loops. Source: torch.nn.LSTM."""

    namesake = nn.LSTM
