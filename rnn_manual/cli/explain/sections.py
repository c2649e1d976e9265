"""The sections of `explain` but for the map: shapes, parameters, equations, dropout."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnn_manual.explain.call import Call, Numbers, Ran
from rnn_manual.explain.checked import (
    Check,
    dropout_holds,
    equations_hold,
    first_changes_nothing,
    parameters_hold,
    shapes_hold,
    zeros_hold,
)
from rnn_manual.explain.equations import equations, run_as_shown, shown
from rnn_manual.explain.shapes import gate_rows, parameters, rows_of_state, tensors

Section = tuple[list[RenderableType], list[Check]]


def table(*columns: str, right: Sequence[int] = ()) -> Table:
    """A table without lines: columns two blanks apart."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for k, column in enumerate(columns):
        made.add_column(column, justify="right" if k in right else "left", no_wrap=True)
    return made


def title(text: str) -> Text:
    """Above a section."""
    return Text(text, "bold")


def shape_text(shape: tuple[int, ...]) -> str:
    """(20, 3), and of one number (20)."""
    return f"({', '.join(map(str, shape))})"


def shapes_section(call: Call, given: Numbers, ran: list[Ran]) -> Section:
    """What goes in and comes out."""
    found = tensors(call)
    name, letters = (max(len(tensor[k]) for tensor in found) for k in (0, 1))
    parts: list[RenderableType] = [title("what goes in, what comes out")]
    for one in found:
        shape = shape_text(one.shape)
        parts.append(Text(f"{one.name:<{name}}  {one.letters:<{letters}}  {shape}"))
        parts.append(Text(f"{'':<{name}}  {one.what}", "dim"))
    if call.config.batch_first and call.layout == "batched":
        parts.append(Text("batch_first: B first in input and out; never in the states"))
    checks = [shapes_hold(call, ran), zeros_hold(call, given)]
    if call.config.batch_first and call.layout != "batched":
        parts.append(Text(f"batch_first changes nothing here: the input is {call.layout}"))
        checks.append(first_changes_nothing(call, given))
    letter = "P" if call.config.proj_size else "H"
    if call.config.bidirectional:
        parts.append(Text(f"out: columns of → (forward), then of ← (backward), {letter} each"))
    parts.append(Text(f"rows of h_0, h_n{', c_0, c_n' * (len(call.config.states) > 1)}:"))
    parts += [Text(f"  {row}  {name}") for row, name in enumerate(rows_of_state(call))]
    return parts, checks


def parameters_section(call: Call, given: Numbers, ran: list[Ran]) -> Section:
    """Every parameter with its count; which rows are which gate."""
    made = table("parameter", "letters", "shape", "numbers", right=[3])
    found = parameters(call)
    for parameter in found:
        shape = shape_text(parameter.shape)
        made.add_row(parameter.name, parameter.letters, shape, str(parameter.numbers))
    made.add_row("all", "", "", str(sum(p.numbers for p in found)), style="bold")
    rows = gate_rows(call)
    if len(rows) > 1:
        words = ", ".join(f"{gate} {first}..{last}" for gate, first, last in rows)
        of = "weights and biases" if call.config.bias else "weights"
        gates = Text(f"rows of these {of}, gate by gate:\n  {words}")
        if call.config.proj_size:
            gates.append("\n(weight_hr has no gates: it maps H units to P)")
    else:
        gates = Text("one block of rows: an RNN has no gates")
    return [title("parameters"), made, gates], [parameters_hold(call)]


def equations_section(call: Call, given: Numbers, ran: list[Ran]) -> Section:
    """The equations with the shapes of step 0."""
    lines = equations(call)
    by_lines, at_0 = run_as_shown(call, given)
    D = call.config.num_directions
    parts: list[RenderableType] = [
        title("one step of one layer in one direction"),
        Text("x: what it reads; h, c: the state before" if len(call.config.states) > 1
             else "x: what it reads; h: the state before", "dim"),
    ]  # fmt: skip
    body = Text()
    for line in shown(lines, at_0[0]):
        body.append(f"{line.name:<2} = {line.formula}\n", "green")
        body.append(f"     {line.shapes} → {shape_text(line.shape)}\n", "dim")
    body.right_crop(1)
    parts.append(body)
    if call.config.num_layers > 1:
        line = shown(lines[:1], at_0[D])[0]
        parts.append(Text("above layer 0, x is all that the layer below puts out:"))
        parts.append(Text(f"     {line.shapes} → {shape_text(line.shape)}", "dim"))
    if call.packed:
        parts.append(Text("shapes at t = 0; later steps have fewer sequences", "dim"))
    return parts, [equations_hold(by_lines, ran)]


def dropout_section(call: Call, given: Numbers, ran: list[Ran]) -> Section:
    """What dropout does, where the layer has it."""
    p = call.config.dropout
    if not p:
        return [], []
    if call.config.num_layers == 1:
        only = "between layers, and there is one only: nothing is dropped"
        return [title("dropout"), Text(only)], []
    check = dropout_holds(call, given)
    scale = f", and what\nstays is multiplied by 1/(1-p) = {1 / (1 - p):.4g}" if p < 1 else ""
    said = (
        f"in training, of what a layer hands to the next, each\nnumber is zeroed with "
        f"probability {p:g}{scale};\nnever h_n, nor the last layer's out, nor in eval()"
    )
    return [title("dropout"), Text(said)], [check]
