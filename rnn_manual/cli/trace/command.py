"""`rnn-manual trace`: a table a step, a column an implementation."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console
from rich.text import Text

from rnn_manual.candidates.catalogue import as_candidate
from rnn_manual.candidates.errors import ProcessEnded, Unsupported, Unusable
from rnn_manual.candidates.process.dispatch import adopt
from rnn_manual.candidates.process.process import Process
from rnn_manual.cli.console import console
from rnn_manual.cli.layer_options import call_for, check_picture
from rnn_manual.cli.trace.lines import Shown, compared, sheet
from rnn_manual.config import DIRECTIONS
from rnn_manual.explain.call import Call
from rnn_manual.explain.column import Column
from rnn_manual.explain.pictures.over_time import over_time
from rnn_manual.explain.pictures.save import save
from rnn_manual.explain.quantities import Key
from rnn_manual.explain.trace import NEAR, Trace
from rnn_manual.explain.trace import trace as traced
from rnn_manual.usage import Refused


@dataclass
class Worst:
    """How far a column is off, of how many quantities, and where it is furthest."""

    far: float = 0.0
    count: int = 0
    key: Key | None = None

    def add(self, key: Key, far: float) -> None:
        self.count += 1
        if far > self.far:
            self.far, self.key = far, key

    def __str__(self) -> str:
        if not self.count:
            return "none of its quantities is seen"
        if self.key is None:
            return f"{self.count} quantities, every bit the loops'"
        where = f"layer {self.key.layer}, {DIRECTIONS[self.key.direction]}, step {self.key.step}"
        far = f"at most {self.far:.1e} from the loops'"
        return f"{self.count} quantities, {far}: {self.key.name} of {where}"


def trace(options: argparse.Namespace, process: Process | None = None) -> int:
    """Shows it.

    Args:
        process: where the candidate is to compute, if one is started already.

    Returns: 1 if an implementation differs from the loops, otherwise 0.
    """
    call = call_for(options)
    check_picture(options.save)
    try:
        candidate = None if options.candidate is None else as_candidate(options.candidate)
        if candidate and process:
            adopt(candidate, process)
        found, out = traced(call, options.seed, candidate), console()
    except Unsupported as error:
        raise Refused(f"{options.candidate} declines this call: {error}") from error
    except (Unusable, ProcessEnded) as error:
        raise Refused(str(error)) from error
    code = show(out, found, options.backward)
    if options.save is not None:
        theme, forward = "dark" if options.dark else "light", found.columns[0].forward
        save(options.save, lambda: over_time(call, forward, theme))
        out.print(f"drawn in {options.save}", markup=False)
    return code


def show(out: Console, found: Trace, backward: bool = False) -> int:
    """Prints the steps, in the order in which they are computed, and what they come to."""
    call = found.call
    out.print(Text(f"{call.config}, {_sizes(call)}", "bold"))
    out.print(Text("of torch.nn, what it lets out: its gates are never seen", "dim"))
    worst = {column.name: Worst() for column in found.columns[1:]}
    for column in found.columns[2:]:
        said = f"of {column.name}, what it computes of all this, found by what it is"
        out.print(Text(said, "dim"), soft_wrap=True)
    _part(out, call, [_shown(c, backward=False) for c in found.columns], worst)
    if backward:
        results = ", ".join(["out", *(f"{name}_n" for name in call.config.states)])
        out.print(Text(f"\nbackward: loss = sum of {results} times random numbers", "bold"))
        out.print(Text("da_i: what σ is taken of to give i; dh: to the state before", "dim"))
        _part(out, call, [_shown(c, backward=True) for c in found.columns], worst)
    out.print()
    for column in found.columns[1:]:
        how = worst[column.name]
        style = "green" if how.far <= NEAR and column.ok else "bold red"
        out.print(Text(f"{column.name}: {how}", style), soft_wrap=True)
        for line in column.verdict:
            out.print(Text(f"  {line}", style), soft_wrap=True)
        if column.mark is not None and column.mark.backward and not backward:
            out.print(Text("  --backward shows the numbers there", style))
    way = "a step at a time as in one call" if found.whole else "not the same in one call"
    out.print(Text(f"torch.nn: {way}", "green" if found.whole else "bold red"))
    right = all(worst[c.name].far <= NEAR and c.ok for c in found.columns[1:])
    return int(not (found.whole and right))


def _shown(column: Column, backward: bool) -> Shown:
    values = column.backward if backward else column.forward
    mark = column.mark if column.mark is not None and column.mark.backward == backward else None
    return Shown(column.name, values, column.absent, mark)


def _part(out: Console, call: Call, columns: list[Shown], worst: dict[str, Worst]) -> None:
    """One way, forward or backward."""
    loops = columns[0].values
    for (layer, direction), at in groupby(loops, key=lambda key: (key.layer, key.direction)):
        out.print(Text(f"\nlayer {layer}, {DIRECTIONS[direction]}", "bold"))
        for step, keys in groupby(at, key=lambda key: key.step):
            listed = list(keys)
            out.print(sheet(call, step, listed, columns))
            for column in columns[1:]:
                for key in listed:
                    if key in column.values:
                        far = compared(loops[key], column.values[key])
                        worst[column.name].add(key, far)
                _marked(out, column, listed)


def _marked(out: Console, column: Shown, keys: list[Key]) -> None:
    """Below the step at which a column goes wrong: what it computes there, and on which line."""
    if column.mark is None or column.mark.key not in keys:
        return
    said = f"✗ first wrong: {column.mark.words}"
    out.print(Text(said, "bold red"), soft_wrap=True)
    if column.mark.line:
        out.print(Text(f"  {column.mark.line}", "red"), soft_wrap=True)


def _sizes(call: Call) -> str:
    if call.layout == "packed":
        return f"packed, lengths {' '.join(map(str, call.lengths))}"
    return f"T={call.T}" + (", unbatched" if call.layout == "unbatched" else f", B={call.B}")
