"""The map between out and h_n: which block of out is which row of h_n, looked up in a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from rnn_manual.config import DIRECTIONS
from rnn_manual.explain.call import Call, Ran
from rnn_manual.weights import Array


class Cell(NamedTuple):
    """What a layer's direction puts out at a step. row: the row of h_n that is the same, if any."""

    step: int
    row: int | None


class Band(NamedTuple):
    """One direction of one layer. columns: those it fills of what the layer puts out."""

    layer: int
    direction: int
    row: int
    columns: tuple[int, int]
    cells: list[Cell]


class Equality(NamedTuple):
    """A row of h_n and the block of out that holds the same numbers; "" if none does.

    holds: whether every run had it so, bit for bit. alone: whether no other block of out was the
    same (by relu's zeros, two may be by chance).
    """

    row: int
    layer: int
    direction: int
    block: str
    holds: bool
    alone: bool


def bands(call: Call, ran: Ran) -> list[Band]:
    """Every layer's directions, the last layer's first: found by looking for h_n in what ran.

    Args:
        ran: a run of padded or unbatched input, with what every layer puts out.
    """
    config = call.config
    assert ran.outputs is not None
    found = []
    h_n = ran.states[0]
    for row in reversed(range(config.num_rows)):
        layer, direction = config.layer_direction(row)
        steps = ran.outputs[row]
        cells = [Cell(t, _same_row(steps[t], h_n, row)) for t in range(call.T)]
        columns = config.columns(direction)
        found.append(Band(layer, direction, row, (columns.start, columns.stop), cells))
    D = config.num_directions
    layers = [found[k : k + D][::-1] for k in range(0, len(found), D)]
    return [band for layer in layers for band in layer]


def _same_row(block: Array, h_n: Array, own: int) -> int | None:
    """The row of h_n that holds the same bits as a block (B, H); its own is looked at first."""
    for row in sorted(range(len(h_n)), key=lambda row: row != own):
        if torch.equal(block.reshape(h_n[row].shape), h_n[row]):
            return row
    return None


def equalities(call: Call, ran: Sequence[Ran]) -> list[Equality]:
    """Each row of h_n, and where it is in out: looked up in every one of the runs.

    Of padded or unbatched input.
    """
    config = call.config
    found = []
    for row in range(config.num_rows):
        layer, direction = config.layer_direction(row)
        claimed = _index(call, direction) if layer == config.num_layers - 1 else None
        expected = [] if claimed is None else [claimed]
        blocks = [_where(call, one, row) for one in ran]
        holds = all(index in there for there in blocks for index in expected)
        alone = all(there == expected for there in blocks)
        block = "" if claimed is None else f"out[{_text(claimed)}]"
        found.append(Equality(row, layer, direction, block, holds, alone))
    return found


Index = tuple[slice | int, ...]


def _index(call: Call, direction: int, step: int | None = None) -> Index:
    """Where in out a direction of the last layer stands at a step: its last, if none is given."""
    t = call.last_step(direction) if step is None else step
    columns = call.config.columns(direction)
    if call.layout == "unbatched":
        return t, columns
    every = slice(None)
    return (every, t, columns) if call.config.batch_first else (t, every, columns)


def _where(call: Call, ran: Ran, row: int) -> list[Index]:
    """Every block of out that holds the same bits as a row of h_n."""
    blocks = [
        _index(call, direction, t)
        for direction in range(call.config.num_directions)
        for t in range(call.T)
    ]
    return [index for index in blocks if torch.equal(ran.out[index], ran.states[0][row])]


def c_apart(call: Call, ran: Sequence[Ran]) -> bool:
    """Whether no row of c_n is a block of out, in any of the runs."""
    if call.config.proj_size:
        return True  # they are of another size
    rows = range(call.config.num_rows)
    return not any(_where(call, r._replace(states=r.states[1:]), row) for r in ran for row in rows)


def _text(index: Index) -> str:
    def one(i: slice | int) -> str:
        if isinstance(i, int):
            return str(i)
        return ":" if i == slice(None) else f"{i.start}:{i.stop}"

    return ", ".join(map(one, index))


def rule(call: Call, direction: int) -> str:
    """Why a direction's last state is where it is, in words."""
    last = call.last_step(direction)
    place = "t = 0" if direction else f"t = {last} = T-1"
    if call.packed and not direction:
        place = "t = length - 1"
    way = "down" if direction else "up"
    return f"{DIRECTIONS[direction]} goes {way} in t: its last state is at {place}"
