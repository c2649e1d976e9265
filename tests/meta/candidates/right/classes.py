"""Correct classes: nn's own, those that inherit from them, ours, and some written from nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import rnn_manual
from rnn_manual.parity import Unsupported


class Pure(nn.LSTM):
    """nn.LSTM under another name."""


class Wrapped(nn.LSTM):
    """nn.LSTM, called by one that inherits from it."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx)


class PlainLSTM(nn.Module):
    """An LSTM written from nothing, as one would write it: nn's parameters, and Python loops."""

    kind = "lstm"
    gates = 4

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, **options: Any):
        super().__init__()
        bias, proj_size = options.pop("bias", True), options.pop("proj_size", 0)
        batch_first, dropout = options.pop("batch_first", False), options.pop("dropout", 0.0)
        bidirectional = options.pop("bidirectional", False)
        if options:
            raise TypeError(f"unexpected {', '.join(options)}")
        if proj_size:
            raise Unsupported("proj_size")
        self.sizes = (input_size, hidden_size, num_layers, 2 if bidirectional else 1)
        self.batch_first, self.p, self.bias = batch_first, dropout, bias
        for layer in range(num_layers):
            features = input_size if layer == 0 else hidden_size * self.sizes[3]
            for suffix in ("", "_reverse")[: self.sizes[3]]:
                shapes = {"weight_ih": (features,), "weight_hh": (hidden_size,)}
                shapes |= {"bias_ih": (), "bias_hh": ()} if bias else {}
                for role, more in shapes.items():
                    weight = torch.empty(self.gates * hidden_size, *more)
                    bound = hidden_size**-0.5
                    nn.init.uniform_(weight, -bound, bound)
                    self.register_parameter(f"{role}_l{layer}{suffix}", nn.Parameter(weight))

    def step(self, x: Any, w: Any, h: Any, c: Any) -> tuple[Any, Any]:
        W_ih, W_hh, b_ih, b_hh = w
        i, f, g, o = (x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def _weights(self, layer: int, direction: int) -> list[Any]:
        suffix = f"_l{layer}" + "_reverse" * direction
        found = [getattr(self, f"{role}{suffix}") for role in ("weight_ih", "weight_hh")]
        biases = ("bias_ih", "bias_hh") if self.bias else ()
        return found + ([getattr(self, f"{role}{suffix}") for role in biases] or [0, 0])

    def forward(self, input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        batched = input.dim() == 3
        x = input if batched else input.unsqueeze(1)
        x = x.transpose(0, 1) if self.batch_first and batched else x
        lengths = torch.full((x.shape[1],), x.shape[0])
        states = None if hx is None else [s if batched else s.unsqueeze(1) for s in self._pair(hx)]
        out, last = self._run(x, lengths, states)
        if not batched:
            return out.squeeze(1), self._given([s.squeeze(1) for s in last])
        return (out.transpose(0, 1) if self.batch_first else out), self._given(last)

    def _packed(self, input: Any, hx: Any) -> Any:
        """Padded and masked: a sequence that has ended keeps its state, and takes no steps."""
        x, lengths = pad_packed_sequence(input)
        out, last = self._run(x, lengths, None if hx is None else self._pair(hx))
        indices = (input.sorted_indices, input.unsorted_indices)
        if indices[0] is not None:  # to sort anew may put equal lengths in another order
            out, lengths = out[:, indices[0]], lengths[indices[0].cpu()]
        back = pack_padded_sequence(out, lengths)
        return PackedSequence(back.data, input.batch_sizes, *indices), self._given(last)

    def _run(self, x: Any, lengths: Any, states: Any) -> tuple[Any, list[Any]]:
        if self.p and self.training and self.sizes[2] > 1:
            raise Unsupported("dropout")
        _, H, L, D = self.sizes
        B, T = x.shape[1], x.shape[0]
        start = states or [x.new_zeros(L * D, B, H) for _ in range(len(self._pair(0)))]
        ends: list[list[Any]] = []
        for layer in range(L):
            outs = []
            for direction in range(D):
                now = [s[layer * D + direction] for s in start]
                steps: list[Any] = [None] * T
                for t in range(T - 1, -1, -1) if direction else range(T):
                    alive = (lengths > t).unsqueeze(1).to(x.device)
                    live = self._entering(alive, now)
                    new = self.step(x[t], self._weights(layer, direction), *live)
                    now = [torch.where(alive, n, old) for n, old in zip(new, now, strict=True)]
                    steps[t] = torch.where(alive, now[0], torch.zeros_like(now[0]))
                outs.append(torch.stack(steps))
                ends.append(now)
            x = self.joined(outs)
        return x, [torch.stack(s) for s in zip(*ends, strict=True)]

    def joined(self, outs: list[Any]) -> Any:
        """What a layer puts out, of what its directions do."""
        return torch.cat(outs, -1)

    def _entering(self, alive: Any, now: list[Any]) -> list[Any]:
        """Of what has ended zeros: an ∞ in its state would come back from the mask as 0·∞, NaN."""
        return [torch.where(alive, s, torch.zeros_like(s)) for s in now]

    def _pair(self, hx: Any) -> Any:
        return hx if isinstance(hx, tuple) else (hx,) * (2 if self.kind == "lstm" else 1)

    def _given(self, last: list[Any]) -> Any:
        return tuple(last) if self.kind == "lstm" else last[0]


class PlainGRU(PlainLSTM):
    """The same for a GRU."""

    kind = "gru"
    gates = 3

    def step(self, x: Any, w: Any, h: Any) -> tuple[Any]:  # type: ignore[override]
        W_ih, W_hh, b_ih, b_hh = w
        x_r, x_z, x_n = (x @ W_ih.t() + b_ih).chunk(3, 1)
        h_r, h_z, h_n = (h @ W_hh.t() + b_hh).chunk(3, 1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        return ((1 - z) * n + z * h,)


class PlainRNN(PlainLSTM):
    """The same for an RNN."""

    kind = "rnn"
    gates = 1

    def __init__(self, *sizes: Any, nonlinearity: str = "tanh", **options: Any):
        super().__init__(*sizes, **options)
        self.f = {"tanh": torch.tanh, "relu": torch.relu}[nonlinearity]

    def step(self, x: Any, w: Any, h: Any) -> tuple[Any]:  # type: ignore[override]
        W_ih, W_hh, b_ih, b_hh = w
        return (self.f(x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh),)


class Renamed(PlainRNN):
    """The same under names of its own, and transposed; its state_dict has nn's."""

    def __init__(self, *sizes: Any, **options: Any):
        super().__init__(*sizes, **options)
        self.names = {f"own_{name}": name for name in dict(self.named_parameters())}
        for own, name in self.names.items():
            setattr(self, own, nn.Parameter(getattr(self, name).detach().t().contiguous()))
            delattr(self, name)
        self._register_state_dict_hook(self._saved)
        self._register_load_state_dict_pre_hook(self._loaded)

    def _weights(self, layer: int, direction: int) -> list[Any]:
        named = {name: getattr(self, own).t() for own, name in self.names.items()}
        held: Any = SimpleNamespace(bias=self.bias, **named)
        return PlainRNN._weights(held, layer, direction)

    @staticmethod
    def _saved(module: Any, saved: Any, prefix: str, _: Any) -> None:
        for own, name in module.names.items():
            saved[prefix + name] = saved.pop(prefix + own).t()

    def _loaded(self, saved: Any, prefix: str, *_: Any) -> None:
        for own, name in self.names.items():
            if prefix + name in saved:
                saved[prefix + own] = saved.pop(prefix + name).t()


CLASSES: dict[str, tuple[str, type[nn.Module]]] = {  # name → kind and class
    "nn.LSTM": ("lstm", nn.LSTM),
    "inherits from nn.LSTM": ("lstm", Pure),
    "calls super().forward": ("lstm", Wrapped),
    "drop-in RNN": ("rnn", rnn_manual.RNN),
    "drop-in LSTM": ("lstm", rnn_manual.LSTM),
    "drop-in GRU": ("gru", rnn_manual.GRU),
    "plain RNN": ("rnn", PlainRNN),
    "plain LSTM": ("lstm", PlainLSTM),
    "plain GRU": ("gru", PlainGRU),
    "plain RNN, other names": ("rnn", Renamed),
}
