"""`rnn-manual explain`: puts the parts together, and says what was checked."""

from __future__ import annotations

import argparse
import textwrap

from rich.console import Console, Group
from rich.text import Text

from rnn_manual.cli.console import console
from rnn_manual.cli.explain.sections import (
    dropout_section,
    equations_section,
    parameters_section,
    shapes_section,
)
from rnn_manual.cli.explain.state_map import packed_section, padded_section
from rnn_manual.cli.layer_options import call_for, check_picture
from rnn_manual.explain.call import Call, Numbers, Ran, module_for, numbers_for, runs
from rnn_manual.explain.checked import Check
from rnn_manual.explain.pictures.save import picture, save

WIDTH = 60  # columns that it is made for


def explain(options: argparse.Namespace) -> int:
    """Shows it all. Returns: 0 if every equality shown held in the runs, otherwise 1."""
    call = call_for(options)
    check_picture(options.save)
    given = numbers_for(call, module_for(call, options.seed), options.seed)
    out = console()
    checks = show(out, call, given, runs(call, options.seed))
    if options.save is not None:
        theme = "dark" if options.dark else "light"
        save(options.save, lambda: picture(call, theme, options.seed))
        out.print(f"\ndrawn in {options.save}", markup=False)
    return int(not all(check.holds for check in checks))


def show(out: Console, call: Call, given: Numbers, ran: list[Ran]) -> list[Check]:
    """Prints the sections. Returns: everything that was checked, in the order of its showing."""
    checks: list[Check] = []
    out.print(heading(call))
    sections = [shapes_section, parameters_section, equations_section, dropout_section]
    for section in (*sections, packed_section if call.packed else padded_section):
        parts, found = section(call, given, ran)
        if parts:
            out.print()
            out.print(Group(*parts))
        for check in found:
            out.print(_marked(check))
        checks += found
    return checks


def _marked(check: Check) -> Text:
    """What was checked, after a sign that says how it went."""
    said = check.said if check.holds else f"does not hold: {check.said}"
    lines = textwrap.fill(said, WIDTH - 2, subsequent_indent="  ")
    return Text.assemble(("✓ ", "green") if check.holds else ("✗ ", "bold red"), (lines, "dim"))


def heading(call: Call) -> Text:
    """What is explained: the constructor's call, and the letters."""
    config = call.config
    letters = [f"T={call.T}"] + [f"B={call.B}"] * (call.layout != "unbatched")
    letters += [f"I={config.input_size}", f"H={config.hidden_size}"]
    letters += [f"P={config.proj_size}"] * bool(config.proj_size)
    letters += [f"L={config.num_layers}", f"D={config.num_directions}"]
    kind = textwrap.fill(f"nn.{config}", WIDTH, subsequent_indent="    ")
    lengths = f"\npacked, lengths {' '.join(map(str, call.lengths))}" if call.packed else ""
    unbatched = "\nunbatched: no axis B anywhere" if call.layout == "unbatched" else ""
    return Text.assemble((kind, "bold"), f"\n{'  '.join(letters)}{lengths}{unbatched}")
