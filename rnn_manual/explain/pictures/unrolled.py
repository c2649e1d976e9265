"""The unrolled network: layers up, time to the right, the backward direction's arrows to the left.

A block of out that is a row of h_n is painted in that row's colour, and so is the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rnn_manual.explain.call import Call
from rnn_manual.explain.palette import colour_of
from rnn_manual.explain.pictures.drawing import Drawing
from rnn_manual.explain.states import Band

STEPS = 8  # drawn at most
STEP, LANE = 1.25, 0.85  # from step to step, and from direction to direction
CELL, STATE = (0.56, 0.44), (0.74, 0.3)
ENDS = 1.5  # left and right of the steps, for the states
SHIFT = 0.45  # of what passes a cell by


def drawn_steps(T: int) -> list[int | None]:
    """All, or the first and the last with None between them."""
    return list(range(T)) if T <= STEPS else [0, 1, 2, 3, None, *range(T - 3, T)]


def size_of(call: Call) -> tuple[float, float]:
    """In inches, (width, height)."""
    steps = len(drawn_steps(call.T))
    return 2 * ENDS + (steps - 1) * STEP + 1.2, _floor(call, call.config.num_layers) + 0.1


def _floor(call: Call, layer: int) -> float:
    """Where a layer begins: above the input, and above the layers below with their outputs."""
    return 0.85 + layer * (call.config.num_directions * LANE + 0.95)


def draw_unrolled(draw: Drawing, call: Call, bands: Sequence[Band]) -> None:
    """All of it, from (0, 0) up."""
    steps = drawn_steps(call.T)
    config, D = call.config, call.config.num_directions
    xs = [ENDS + 0.6 + k * STEP for k in range(len(steps))]
    width, _ = size_of(call)
    for t, x in zip(steps, xs, strict=True):
        if t is None:
            draw.words((x, 0.3), "…", 14)
        else:
            draw.box((x, 0.3), (0.56, 0.34), f"$x_{{{t}}}$")
    draw.aside((ENDS - 0.2, 0.3), "input", ha="right")
    by_row = {band.row: band for band in bands}
    for layer in range(config.num_layers):
        floor = _floor(call, layer)
        lanes = [floor + 0.2 + LANE / 2 + d * LANE for d in range(D)]
        draw.surface((ENDS - 0.05, floor + 0.1), (width - 2 * ENDS + 0.1, D * LANE + 0.15))
        draw.aside((ENDS + 0.03, floor + D * LANE + 0.13), f"layer {layer}", ha="left")
        top = floor + D * LANE + 0.6
        below = 0.47 if layer == 0 else _floor(call, layer - 1) + D * LANE + 0.75
        for d in range(D):
            _lane(draw, call, by_row[config.row(layer, d)], xs, steps, lanes[d])
        for k, t in enumerate(steps):
            if t is not None:
                _column(draw, call, xs[k], below, lanes, top)
                halves = [by_row[config.row(layer, d)].cells[t].row for d in range(D)]
                _output(draw, xs[k], top, t, halves)
                if layer == config.num_layers - 1:
                    first = call.config.batch_first and call.layout == "batched"
                    draw.aside((xs[k], top + 0.3), f"out[:, {t}]" if first else f"out[{t}]")
        if None in steps:
            draw.words((xs[steps.index(None)], top), "…", 14)
        name = "out" if layer == config.num_layers - 1 else "read by\nthe layer above"
        draw.aside((ENDS - 0.2, top), name, ha="right")
        if layer == config.num_layers - 1:
            draw.aside((width - ENDS + 0.12, top), "[k]: the same\nas h_n[k]", ha="left")


def _lane(
    draw: Drawing, call: Call, band: Band, xs: list[float], steps: list[int | None], y: float
) -> None:
    """One direction of a layer: its cells, the arrows between them, its states at the ends."""
    for x, t in zip(xs, steps, strict=True):
        if t is None:
            draw.words((x, y), "…", 14)
        else:
            draw.box((x, y), CELL, call.config.kind.upper(), fontsize=8.5)
    order = xs[::-1] if band.direction else xs
    way = -1 if band.direction else 1
    half, outer = CELL[0] / 2, 1.12
    first, last = order[0] - way * outer, order[-1] + way * outer
    for a, b in pairwise(order):
        draw.arrow((a + way * half, y), (b - way * half, y))
    lanes = [0.17, -0.17] if len(call.config.states) > 1 else [0.0]
    for name, off in zip(call.config.states, lanes, strict=True):
        at = (first, y + off)
        draw.box(at, STATE, f"{name}_0[{band.row}]", fontsize=8.5)
        face = colour_of(band.row) if name == "h" else ""
        draw.box((last, y + off), STATE, f"{name}_n[{band.row}]", face, fontsize=8.5)
    edge = STATE[0] / 2
    draw.arrow((first + way * edge, y), (order[0] - way * half, y))
    draw.arrow((order[-1] + way * half, y), (last - way * edge, y))


def _column(
    draw: Drawing, call: Call, x: float, below: float, lanes: list[float], top: float
) -> None:
    """What one step reads, and what it puts out, past the cells of the other direction."""
    half, box = CELL[1] / 2, 0.15
    if len(lanes) == 1:
        draw.arrow((x, below), (x, lanes[0] - half))
        draw.arrow((x, lanes[0] + half), (x, top - box))
        return
    forward, backward = lanes
    fork = forward - half - 0.12
    draw.arrow((x, below), (x, forward - half))
    draw.dot((x, fork))
    turn = backward - half - 0.1
    draw.arrow((x, fork), (x - SHIFT, fork), (x - SHIFT, turn), (x - 0.1, turn),
               (x - 0.1, backward - half))  # fmt: skip
    leave = forward + half + 0.1
    left, right = x - 0.2, x + 0.2
    draw.arrow((x, forward + half), (x, leave), (x + SHIFT, leave), (x + SHIFT, top - box - 0.15),
               (left, top - box - 0.15), (left, top - box))  # fmt: skip
    draw.arrow((right, backward + half), (right, top - box))


def _output(draw: Drawing, x: float, y: float, t: int, rows: Sequence[int | None]) -> None:
    """What a layer puts out at a step, a box a direction; painted where it is a row of h_n."""
    width = 0.62 if len(rows) == 1 else 0.42
    for d, row in enumerate(rows):
        at = (x + (d - (len(rows) - 1) / 2) * width, y)
        plain = f"$h_{{{t}}}$" if len(rows) == 1 else "→←"[d]
        text, face = (plain, "") if row is None else (f"[{row}]", colour_of(row))
        draw.box(at, (width, 0.3), text, face, fontsize=8.5)
