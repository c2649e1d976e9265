"""The quantities of one step as lines: a name, then each implementation's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from rich.table import Table
from rich.text import Text

from rnn_manual.explain.call import Call
from rnn_manual.explain.quantities import PRODUCT, Key, Quantities
from rnn_manual.explain.trace import NEAR
from rnn_manual.weights import Array

NUMBERS = 4  # of a row, that are shown
UNSEEN = "not seen"


def compared(a: Array, b: Array) -> float:
    """How far apart two quantities are; 0 if every bit is the same, infinity of other shapes."""
    if a.shape != b.shape:
        return float("inf")
    return float((a - b).abs().max()) if a.numel() and not torch.equal(a, b) else 0.0


def sheet(
    call: Call, step: int, keys: Sequence[Key], columns: Sequence[tuple[str, Quantities]]
) -> Table:
    """A step's table. columns: names and quantities, the loops' first."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    made.add_column(Text(f"t = {step}", "bold"), no_wrap=True)
    for name, _ in columns:
        made.add_column(name, no_wrap=True)
    made.add_column("")
    _, loops = columns[0]
    for key in keys:
        others = [values.get(key) for _, values in columns[1:]]
        for name, cut in _parts(call, key):
            for b in range(len(loops[key])):
                cells = [_row(loops[key][b, cut])]
                cells += [_seen(other, b, cut) for other in others]
                label = name if b == 0 else ""
                many = f" [{b}]" if len(loops[key]) > 1 else ""
                made.add_row(f"{label:<2}{many}", *cells, _sign(loops[key], others))
    return made


def _parts(call: Call, key: Key) -> Iterator[tuple[str, slice]]:
    """The input product gate by gate, everything else as a whole."""
    H = call.config.hidden_size
    if key.name != PRODUCT or len(call.config.gates) == 1:
        yield key.name, slice(None)
        return
    for k, gate in enumerate(call.config.gates):
        bias = f" + b_i{gate}" if call.config.bias else ""
        yield f"x·W_i{gate}{bias}", slice(k * H, (k + 1) * H)


def _row(numbers: Array) -> Text:
    shown = " ".join(f"{float(v):7.4f}" for v in numbers[:NUMBERS])
    return Text(shown + " …" * (len(numbers) > NUMBERS))


def _seen(other: Array | None, b: int, cut: slice) -> Text:
    if other is None:
        return Text(UNSEEN, "dim")
    return _row(other[b, cut])


def _sign(loops: Array, others: Sequence[Array | None]) -> Text:
    """= if every bit is the loops', ≈ if rounding explains the rest, ≠ otherwise."""
    far = [compared(loops, other) for other in others if other is not None]
    if not far:
        return Text("")
    worst = max(far)
    return Text(
        "=" if worst == 0 else "≈" if worst <= NEAR else "≠", "" if worst <= NEAR else "bold red"
    )
