"""What all variants share: one step, run over time, becomes a layer that is called as nn's are."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from rnn_manual import Config, run
from rnn_manual.parity import Unsupported
from rnn_manual.weights import weights_from

Tensors = dict[str, torch.Tensor]


def same(*states):
    return states


@dataclass(frozen=True)
class Variant:
    """A cell as somebody else writes it.

    step: (its weights, x (B, I), h, or h and c, (B, H)) → the new h, or h and c.
    from_torch: weight_ih, weight_hh, bias_ih, bias_hh of one layer → its weights.
    to_torch: the way back; None where no weights of nn's compute what it does.
    weights, becomes: in words, what it holds, and how that becomes PyTorch's.
    bias: whether it has one. state_from_torch, state_to_torch: where its state is another.
    """

    name: str
    kind: str
    step: Callable
    from_torch: Callable[[Tensors], Tensors]
    to_torch: Callable[[Tensors], Tensors] | None
    weights: str
    becomes: str
    bias: bool = True
    state_from_torch: Callable = same
    state_to_torch: Callable = same

    def build(self, module: nn.RNNBase) -> Callable:
        """The variant's layer with a module's weights, converted to its own."""
        single(module, self.kind, self.bias)
        w = self.from_torch(parameters(module))

        def layer(input, hx=None):
            x, states = begun(module, input, hx)
            states, out = self.state_from_torch(*states), []
            for x_t in x:
                states = self.step(w, x_t, *states)
                out.append(states[0])
            last = [s[None] for s in self.state_to_torch(*states)]
            out = torch.stack(out, 1 if module.batch_first else 0)
            return out, tuple(last) if self.kind == "lstm" else last[0]

        return layer

    def back(self, module: nn.RNNBase) -> Callable:
        """The loops with a module's weights, converted to the variant's and back."""
        single(module, self.kind, self.bias)
        found = self.to_torch(self.from_torch(parameters(module)))
        config = Config.of(module)
        weights = weights_from(config, {f"{name}_l0": tensor for name, tensor in found.items()})
        return lambda x, hx=None: run(config, weights, x, hx)


def parameters(module: nn.RNNBase) -> Tensors:
    return {name.removesuffix("_l0"): p for name, p in module.named_parameters()}


def single(module: nn.RNNBase, kind: str, bias: bool) -> None:
    if module.mode != kind.upper():
        raise Unsupported(f"it is {kind.upper()}'s")
    if module.num_layers > 1 or module.bidirectional or module.proj_size:
        raise Unsupported("more than one layer or direction, projections")
    if module.bias != bias:
        raise Unsupported(f"bias={module.bias}")


def begun(module: nn.RNNBase, input, hx):
    """Steps first, and the first state."""
    if not isinstance(input, torch.Tensor) or input.dim() == 2:
        raise Unsupported("packed and unbatched input")
    x = input.transpose(0, 1) if module.batch_first else input
    if hx is None:
        zeros = x.new_zeros(1, x.shape[1], module.hidden_size)
        hx = (zeros, zeros) if module.mode == "LSTM" else zeros
    return x, [state[0] for state in (hx if module.mode == "LSTM" else (hx,))]


def rows(tensor: torch.Tensor, order: str, of: str) -> torch.Tensor:
    """The blocks of rows that stand in the order `of`, in another order."""
    blocks = dict(zip(of, tensor.chunk(len(of)), strict=True))
    return torch.cat([blocks[gate] for gate in order])
