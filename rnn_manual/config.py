"""What was asked of nn.RNN, nn.LSTM or nn.GRU: names, shapes, the rows of h_n and out.

Pure data and arithmetic. The letters used for shapes throughout: T time steps, B batch, I input
size, H hidden size, P projection size, L layers, D directions (1 or 2), S = L·D rows of state.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

# The gates, in the order in which their rows of size H are stacked in every weight and bias.
GATES: dict[str, tuple[str, ...]] = {
    "rnn": ("h",),
    "lstm": ("i", "f", "g", "o"),
    "gru": ("r", "z", "n"),
}
DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True)
class Config:
    """The constructor arguments of a recurrent layer, under PyTorch's own names.

    Args:
        kind: "rnn", "lstm" or "gru".
        nonlinearity: "tanh" or "relu" (rnn only).
        dropout: the share of a layer's output that is zeroed on its way to the next, in training.
        proj_size: P, or 0 for no projection (lstm only).

    Raises:
        ValueError: an argument no such layer can have.

    Source: https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers
    """

    kind: str
    input_size: int
    hidden_size: int
    num_layers: int = 1
    nonlinearity: str = "tanh"
    bias: bool = True
    batch_first: bool = False
    dropout: float = 0.0
    bidirectional: bool = False
    proj_size: int = 0

    def __post_init__(self) -> None:
        if self.kind not in GATES:
            raise ValueError(f"kind must be one of {', '.join(GATES)}, got {self.kind!r}")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be tanh or relu, got {self.nonlinearity!r}")
        for name in ("input_size", "hidden_size", "num_layers"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise ValueError(f"{name} must be an int, at least 1, got {getattr(self, name)!r}")
        if not 0 <= self.dropout <= 1:
            raise ValueError(f"dropout must be between 0 and 1, got {self.dropout}")
        if self.kind != "lstm" and self.proj_size:
            raise ValueError(f"only lstm takes proj_size, got {self.proj_size} for {self.kind}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError(
                f"proj_size must be in 0..{self.hidden_size - 1} (below hidden_size), "
                f"got {self.proj_size}"
            )

    @classmethod
    def of(cls, module: Any) -> Config:
        """The configuration of an nn.RNN, nn.LSTM or nn.GRU, or anything with its attributes."""
        kind, _, nonlinearity = str(module.mode).lower().partition("_")
        sizes = ("input_size", "hidden_size", "num_layers")
        names = (*sizes, "bias", "batch_first", "dropout", "bidirectional")
        return cls(
            kind,
            nonlinearity=nonlinearity or "tanh",
            proj_size=module.proj_size,
            **{name: getattr(module, name) for name in names},
        )

    def __str__(self) -> str:
        """As one would write the call: `LSTM(3, 5, num_layers=2, bidirectional=True)`."""
        words = [f"{name}={value!r}" for name, value in self.options.items()]
        return f"{self.kind.upper()}({', '.join(map(str, [*self.sizes, *words]))})"

    @property
    def sizes(self) -> tuple[int, int]:
        """(I, H): the positional arguments of the layer's constructor."""
        return self.input_size, self.hidden_size

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the layer's constructor that are not at their default."""
        names = [field.name for field in fields(self)[3:]]
        return {n: getattr(self, n) for n in names if getattr(self, n) != getattr(Config, n)}

    @property
    def gates(self) -> tuple[str, ...]:
        return GATES[self.kind]

    @property
    def states(self) -> tuple[str, ...]:
        """The letters of the state: ("h",), and ("h", "c") for an LSTM."""
        return ("h", "c") if self.kind == "lstm" else ("h",)

    @property
    def num_directions(self) -> int:
        """D."""
        return 2 if self.bidirectional else 1

    @property
    def num_rows(self) -> int:
        """S = L·D, the first axis of h_0, h_n, c_0 and c_n."""
        return self.num_layers * self.num_directions

    @property
    def output_size(self) -> int:
        """Features of one direction's output: P with a projection, otherwise H."""
        return self.proj_size or self.hidden_size

    def state_size(self, state: str) -> int:
        """Features of a row of h (H, or P with a projection) or of c (always H)."""
        return self.output_size if state == "h" else self.hidden_size

    def layer_input_size(self, layer: int) -> int:
        """I for layer 0; what the layer below puts out, D·H or D·P, for every other."""
        return self.input_size if layer == 0 else self.num_directions * self.output_size

    def row(self, layer: int, direction: int) -> int:
        """The row of h_n (and h_0, c_0, c_n) that belongs to a layer's direction."""
        return layer * self.num_directions + direction

    def layer_direction(self, row: int) -> tuple[int, int]:
        """The layer and direction that a row of h_n belongs to."""
        return divmod(row, self.num_directions)

    def columns(self, direction: int) -> slice:
        """The columns of `out` that a direction of the last layer fills."""
        return slice(direction * self.output_size, (direction + 1) * self.output_size)

    def layer(self, layer: int) -> Config:
        """The one-layer network that sits at `layer` of this one, with its directions."""
        return replace(self, input_size=self.layer_input_size(layer), num_layers=1)

    def single(self, layer: int = 0) -> Config:
        """The same for one of its directions."""
        return replace(self.layer(layer), bidirectional=False)

    def parameter_names(self, layer: int, direction: int) -> dict[str, str]:
        """Role → name in the module, in PyTorch's order: weight_ih → weight_ih_l0_reverse, …"""
        roles = ["weight_ih", "weight_hh"]
        roles += ["bias_ih", "bias_hh"] if self.bias else []
        roles += ["weight_hr"] if self.proj_size else []
        suffix = "_reverse" if direction else ""
        return {role: f"{role}_l{layer}{suffix}" for role in roles}

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape of every parameter, in the order of `named_parameters()`."""
        gate_rows = len(self.gates) * self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.num_layers):
            by_role: dict[str, tuple[int, ...]] = {
                "weight_ih": (gate_rows, self.layer_input_size(layer)),
                "weight_hh": (gate_rows, self.output_size),
                "bias_ih": (gate_rows,),
                "bias_hh": (gate_rows,),
                "weight_hr": (self.proj_size, self.hidden_size),
            }
            for direction in range(self.num_directions):
                for role, name in self.parameter_names(layer, direction).items():
                    shapes[name] = by_role[role]
        return shapes
