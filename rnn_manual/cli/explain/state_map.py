"""The map between out and h_n as a coloured grid that can be read without its colours."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from rnn_manual.cli.explain.sections import Section, table, title
from rnn_manual.explain.call import Call, Numbers, Ran
from rnn_manual.explain.checked import Check, by
from rnn_manual.explain.packed import batch_sizes, sequences
from rnn_manual.explain.palette import colour_of, ink_on
from rnn_manual.explain.states import bands, c_apart, equalities, rule

ARROWS = ("→", "←")
COLUMNS, MEMBERS = 8, 12  # of a grid, that are shown


def padded_section(call: Call, given: Numbers, ran: list[Ran]) -> Section:
    """Where each row of h_n is in out."""
    steps = _some(call.T)
    grid = table("", "columns", *map(_step, steps), right=range(1, len(steps) + 2))
    last = call.config.num_layers - 1
    for band in bands(call, ran[0]):
        name = f"layer {band.layer} {ARROWS[band.direction]}"
        cells = [Text("…") if t is None else _marked(band.cells[t].row) for t in steps]
        columns = f"{band.columns[0]}:{band.columns[1]}"
        style = "" if band.layer == last else "dim"
        grid.add_row(Text(name, style), Text(columns, style), *cells)
    parts: list[RenderableType] = [title("out and h_n: what each layer puts out, t →"), grid]
    not_returned = "\nthe layers below are not returned" * (last > 0)
    parts.append(Text(f"[k] is h_n[k], found there; layer {last} is out{not_returned}", "dim"))
    parts += [Text(rule(call, d)) for d in range(call.config.num_directions)]
    found = equalities(call, ran)
    for one in found:
        mark = Text(f"h_n[{one.row}]", _style(one.row))
        place = (
            f" = {one.block}" if one.block else f"   not in out (layer {one.layer + 1} reads it)"
        )
        parts.append(Text.assemble(mark, place))
    if len(call.config.states) > 1:
        parts.append(Text("c_n      not in out: c is never put out"))
    holds = all(one.holds for one in found)
    checks = [Check(f"bit for bit in runs of {by(ran)}", holds)]
    if all(one.alone for one in found):
        checks[0] = Check(f"bit for bit, and nowhere else, in runs of {by(ran)}", holds)
    if len(call.config.states) > 1:
        checks.append(Check("no row of c_n is in out", c_apart(call, ran)))
    return parts, checks


def packed_section(call: Call, given: Numbers, ran: list[Ran]) -> Section:
    """The rows of data by sequence and step, and where each sequence's last output is."""
    config = call.config
    sizes = batch_sizes(ran[0])
    steps = _some(call.T)
    grid = table("", "length", *map(_step, steps), right=range(1, len(steps) + 2))
    found = sequences(call, ran)
    top = config.num_layers - 1
    for one in found[:MEMBERS]:
        cells = [_row(call, one.rows, t) for t in steps]
        grid.add_row(f"sequence {one.number}", str(one.length), *cells)
    counts = [Text("…") if t is None else Text(str(sizes[t])) for t in steps]
    grid.add_row("batch_sizes", "", *counts, style="dim")
    parts: list[RenderableType] = [title("the rows of input.data and out.data, t →"), grid]
    ends = "[row]: the sequence's last output forward"
    parts.append(Text(ends + "; (row): backward" * config.bidirectional, "dim"))
    parts += [Text(rule(call, d)) for d in range(config.num_directions)]
    for one in found[:MEMBERS]:
        for direction in range(config.num_directions):
            row, columns = config.row(top, direction), config.columns(direction)
            mark = Text(f"h_n[{row}, {one.number}]", _style(row))
            at = f" = out.data[{one.last_row(direction)}, {columns.start}:{columns.stop}]"
            parts.append(Text.assemble(mark, at))
    if len(found) > MEMBERS:
        parts.append(Text(f"… and {len(found) - MEMBERS} sequences more", "dim"))
    order = [str(one.number) for one in sorted(found, key=lambda one: one.place)]
    parts.append(Text(f"in data, longest first: sequences {' '.join(order)};"))
    parts.append(Text("h_0 and h_n are in your order, not in that one"))
    holds = all(all(one.holds) for one in found)
    return parts, [Check(f"all {len(found)} bit for bit in runs of {by(ran)}", holds)]


def _row(call: Call, rows: list[int], t: int | None) -> Text:
    """The row of data that a sequence's step is."""
    if t is None:
        return Text("…")
    if t >= len(rows):
        return Text("")
    top, text = call.config.num_layers - 1, str(rows[t])
    if t == len(rows) - 1:
        text, style = f"[{text}]", _style(call.config.row(top, 0))
        if t == 0 and call.config.bidirectional:
            text = f"([{rows[t]}])"
        return Text(text, style)
    if t == 0 and call.config.bidirectional:
        return Text(f"({text})", _style(call.config.row(top, 1)))
    return Text(text)


def _marked(row: int | None) -> Text:
    return Text("·") if row is None else Text(f"[{row}]", _style(row))


def _style(row: int) -> str:
    colour = colour_of(row)
    return f"bold {ink_on(colour)} on {colour}"


def _some(T: int) -> list[int | None]:
    """The steps that are shown: all, or the first and the last few with None between them."""
    if T <= COLUMNS:
        return list(range(T))
    return [0, 1, 2, None, *range(T - 3, T)]


def _step(t: int | None) -> str:
    return "" if t is None else str(t)
