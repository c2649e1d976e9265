"""The quantities of one step as lines: a name, then each implementation's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from rich.table import Table
from rich.text import Text

from rnn_manual.explain.call import Call
from rnn_manual.explain.column import UNSEEN, Mark
from rnn_manual.explain.quantities import PRODUCTS, Key, Quantities
from rnn_manual.explain.trace import NEAR
from rnn_manual.weights import Array

NUMBERS = 4  # of a row, that are shown


class Shown(NamedTuple):
    """A column of a table: forward or backward. mark: of the first that it never computes."""

    name: str
    values: Quantities
    absent: str = UNSEEN
    mark: Mark | None = None


def compared(a: Array, b: Array) -> float:
    """How far apart two quantities are; 0 if every bit is the same, infinity of other shapes."""
    if a.shape != b.shape:
        return float("inf")
    return float((a - b).abs().max()) if a.numel() and not torch.equal(a, b) else 0.0


def sheet(call: Call, step: int, keys: Sequence[Key], columns: Sequence[Shown]) -> Table:
    """A step's table. columns: the loops' first."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    made.add_column(Text(f"t = {step}", "bold"), no_wrap=True)
    for column in columns:
        made.add_column(column.name, no_wrap=True)
    made.add_column("")
    loops, order = columns[0].values, call.order
    for key in keys:
        if key.name in PRODUCTS and not any(key in c.values for c in columns[1:]):
            continue  # their sums say the same, and there are as many lines as gates
        others = [column.values.get(key) for column in columns[1:]]
        for name, cut in _parts(call, key):
            for b in range(len(loops[key])):
                cells = [_row(loops[key][b, cut])]
                cells += [_seen(column, key, b, cut) for column in columns[1:]]
                label = name if b == 0 else ""
                many = f" [{order[b]}]" if call.B > 1 else ""
                lacks = _lacking(columns[1:], key)
                sign = lacks if lacks is not None else _sign(loops[key], others, b)
                made.add_row(f"{label:<2}{many}", *cells, sign)
    return made


def _lacking(columns: Sequence[Shown], key: Key) -> Text | None:
    """✗ where the first wrong one is missing, nothing where another is; None if all have it.

    What is never seen, as torch.nn's gates, is not lacking.
    """
    lacking = [c for c in columns if key not in c.values and c.absent != UNSEEN]
    if any(c.mark is not None and c.mark.key == key for c in lacking):
        return Text("✗", "bold red")
    return Text("") if lacking else None


def _parts(call: Call, key: Key) -> Iterator[tuple[str, slice]]:
    """The products gate by gate, everything else as a whole."""
    H = call.config.hidden_size
    if key.name not in PRODUCTS or len(call.config.gates) == 1:
        yield key.name, slice(None)
        return
    letter, by = key.name[2], key.name.split()[1]  # of W_ih x: i and x
    for k, gate in enumerate(call.config.gates):
        bias = f" + b_{letter}{gate}" if call.config.bias else ""
        yield f"W_{letter}{gate} {by}{bias}", slice(k * H, (k + 1) * H)


def _row(numbers: Array) -> Text:
    shown = " ".join(f"{float(v):7.4f}" for v in numbers[:NUMBERS])
    return Text(shown + " …" * (len(numbers) > NUMBERS))


def _seen(column: Shown, key: Key, b: int, cut: slice) -> Text:
    if key in column.values:
        return _row(column.values[key][b, cut])
    marked = column.mark is not None and column.mark.key == key
    return Text("never computed", "bold red") if marked else Text(column.absent, "dim")


def _sign(loops: Array, others: Sequence[Array | None], b: int) -> Text:
    """Of a row: = if every bit is the loops', ≈ if rounding explains the rest, ≠ otherwise."""
    far = [
        compared(loops[b], other[b]) if other.shape == loops.shape else float("inf")
        for other in others
        if other is not None
    ]
    if not far:
        return Text("")
    worst = max(far)
    return Text(
        "=" if worst == 0 else "≈" if worst <= NEAR else "≠", "" if worst <= NEAR else "bold red"
    )
