"""`rnn-manual prove`: formulas alone, in seconds, for editing and running in turn."""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.progress import track

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.catalogue import as_candidate, unsupported
from rnn_manual.candidates.errors import ProcessEnded, Unsupported, Unusable
from rnn_manual.candidates.process.dispatch import adopt, facts, set_limit
from rnn_manual.candidates.process.process import Process
from rnn_manual.cases.case import Case
from rnn_manual.cases.features import features_of
from rnn_manual.cases.levels import select
from rnn_manual.cli.console import console, tell
from rnn_manual.cli.prove.closing import SAME, show, verdict
from rnn_manual.cli.prove.selection import chosen, in_dtypes, in_place_of, in_sizes
from rnn_manual.cli.verify.results import dumps
from rnn_manual.cli.verify.suite import asked_for
from rnn_manual.files import check_writable, write
from rnn_manual.judge.prove import Proof, part_of, prove, values_of_gates
from rnn_manual.judge.report.as_json import formula_json, sizes_json
from rnn_manual.proof.formula import OTHER
from rnn_manual.usage import LIMIT, SIZES, Refused

MOST = 10_000_000  # values of gates and weights in a case, whose proof takes about 4 GB
TOO_LARGE = f"more than {MOST:,} values of gates and weights: smaller sizes show the same"
IMPOSSIBLE = "there is no such case in these sizes"


def command(options: argparse.Namespace, process: Process | None = None) -> int:
    """Proves what there is to prove.

    Args:
        process: where the candidate is to compute, if one is started already.

    Returns: 1 if a formula is another with other results, or if a run did what no layer may; 2 if
        it declines all or no formula is known, so that nothing was compared.
    """
    if options.json is not None:
        check_writable(options.json)
    try:
        candidate = as_candidate(options.candidate)
        set_limit(options.limit)
        if process:
            adopt(candidate, process)
        facts(candidate)
    except (Unusable, ProcessEnded) as error:
        raise Refused(str(error)) from error
    out = console()
    sizes = {name: getattr(options, name) for name in SIZES if getattr(options, name)}
    matching, left_out = _asked_for(options, sizes)
    cases = chosen(matching)
    proved, tried = Proved(whole=bool(sizes), left_out=left_out), list(cases)
    proved.go_on(candidate, cases, out)
    while proved.declined and cases:
        declined = [case for case in tried if case not in proved.proofs]
        cases = in_place_of(declined, list(proved.proofs), matching)
        proved.go_on(candidate, cases, out)
        tried += cases
    found = [_entry(proof, candidate.mode, proved.whole) for proof in proved.proofs.values()]
    shown = [p for p in proved.proofs.values() if p.formula.verdict == OTHER or p.formula.violation]
    said, code = verdict(found, shown)
    if options.strict and not code and said != SAME:
        said, code = f"{said}; --strict asks that all of it be proved", 1
    show(out, quote(options.candidate) + _given(options, sizes), found, shown)
    tell(out, "left out", proved.left_out.most_common())
    tell(out, "declined", proved.declined.most_common())
    style = "bold red" if code else "bold green" if said == SAME else "yellow"
    out.print(f"{options.candidate} {said}", style=style, markup=False, soft_wrap=True)
    if options.json is not None:
        report = {"candidate": options.candidate, "cases": found}
        report |= {"left_out": dict(proved.left_out), "declined": dict(proved.declined)}
        write(Path(options.json), dumps(report))
    return code


def _asked_for(
    options: argparse.Namespace, sizes: Mapping[str, int]
) -> tuple[list[Case], Counter[str]]:
    """The cases that are asked for, and why others are left out.

    Raises: Refused: there is none.
    """
    there = in_dtypes(select("standard", kinds=options.kind or ()), options.dtype or ())
    there, impossible = in_sizes(there, sizes)
    matching = asked_for([case for case in there if case.batch_size], options.k)
    fitting = [case for case in matching if not sizes or _values(case) <= MOST]
    if not fitting:
        raise Refused(f"all cases have {TOO_LARGE}")
    return fitting, +Counter({TOO_LARGE: len(matching) - len(fitting), IMPOSSIBLE: impossible})


def _given(options: argparse.Namespace, sizes: Mapping[str, int]) -> str:
    """The options that choose among the cases, or how they are run, as they are typed."""
    given = "" if options.limit == LIMIT else f" --limit {options.limit:g}"
    given += f" --dtype {' '.join(options.dtype)}" if options.dtype else ""
    return given + "".join(f" {SIZES[name][0]} {size}" for name, size in sizes.items())


def _values(case: Case) -> int:
    """Of gates and weights; a weight takes about twice as much memory, for it has a gradient."""
    weights = sum(math.prod(shape) for shape in case.config.parameter_shapes().values())
    return values_of_gates(case) + 2 * weights


@dataclass
class Proved:
    """What came of the cases: proofs, and how often which reason was given to have none.

    whole: whether all of a large case is proved.
    """

    whole: bool = False
    proofs: dict[Case, Proof] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)

    def go_on(self, candidate: Candidate, cases: list[Case], out: Console) -> None:
        """Proves these, too."""
        hidden = not out.is_terminal
        for case in track(cases, "proving", console=out, transient=True, disable=hidden):
            if message := unsupported(candidate, case, "cpu", candidate.mode):
                self.left_out[message] += 1
                continue
            try:
                self.proofs[case] = prove(candidate, case, whole=self.whole)
            except Unsupported as error:
                self.declined[str(error)] += 1


def _entry(proof: Proof, mode: str, whole: bool) -> dict[str, Any]:
    """A proof as one of the JSON report's cases."""
    return {
        "id": proof.case.id,
        "kind": proof.case.kind,
        "mode": mode,
        "features": features_of(proof.case),
        "sizes": sizes_json(proof.case if whole else part_of(proof.case)),
        "formula": formula_json(proof.formula),
    }
