"""What stands at the end of a run of `prove`: other formulas, the table, and the verdict."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from rich.console import Console

from rnn_manual.cli.console import tell
from rnn_manual.cli.verify.summary import conditions, formulas, largest, open_formulas, smaller
from rnn_manual.cli.verify.tables import formulas_table
from rnn_manual.judge.prove import Proof
from rnn_manual.proof.formula import OPEN, OTHER, PROVED

SHOWN = 5
SAME = "computes the loops' formulas"


def verdict(found: list[dict[str, Any]], shown: list[Proof]) -> tuple[str, int]:
    """What the last line says, and the exit code."""
    verdicts = Counter(case["formula"]["verdict"] for case in found)
    if any(proof.formula.fails and not proof.formula.violation for proof in shown):
        return "computes other formulas than the loops", 1
    if shown and (broken := sum(bool(proof.formula.violation) for proof in shown)):
        return f"fails on {broken} of {len(found)} cases", 1
    if verdicts[OTHER]:
        of = f"{verdicts[OTHER]} of {len(found)} cases"
        return f"computes another formula, with the same numbers, on {of}", 0
    if not found:
        return "was not compared: every case is declined or left out", 2
    if verdicts[OPEN] == len(found):
        return "is not known as formulas on any case: rnn-manual verify compares its numbers", 2
    if verdicts["proved"] == len(found):
        return (f"{SAME}, but for what is told above" if conditions(found) else SAME), 0
    return f"is proved on {verdicts['proved']} of {len(found)} cases", 0


def show(
    out: Console,
    candidate: str,
    found: list[dict[str, Any]],
    shown: list[Proof],
) -> None:
    """Other formulas first, those that say the same together; then the table.

    Args:
        candidate: as the command line names it, with options. found: the cases as JSON has them.
        shown: the proofs that fail, or are of other formulas.
    """
    by_words: dict[str, list[Proof]] = {}
    for proof in shown:
        by_words.setdefault(re.sub(r"\d+", "0", _heading(proof)), []).append(proof)
    for proofs in sorted(by_words.values(), key=len, reverse=True)[:SHOWN]:
        plainest = min(proofs, key=_plainness)
        if len(by_words) > 1 or len(proofs) > 1:
            heading = f"{len(proofs)} × {_heading(plainest)}{_with_other_numbers(proofs)}"
            heading += "; the plainest:" if len(proofs) > 1 else ":"
            out.print(heading, style="bold red", markup=False)
        again = f"rnn-manual prove --candidate {candidate} -k '[{plainest.case.id}]'"
        out.print(f"{plainest}\nagain     {again}\n", markup=False, soft_wrap=True)
    if len(by_words) > SHOWN:
        more = len(by_words) - SHOWN
        out.print(f"… and {more} more kind{'s' * (more > 1)}\n", style="red")
    if any(case["formula"]["verdict"] != OPEN for case in found):
        out.print(formulas_table(found))
        out.print(f"\nformulas  {formulas(found)}", markup=False, soft_wrap=True)
    if sizes := largest(case for case in found if case["formula"]["verdict"] == PROVED):
        out.print(f"sizes     {sizes}", markup=False, soft_wrap=True)
    tell(out, "open", open_formulas(c for c in found if not c["formula"]["violation"]))
    tell(out, "proved", [*smaller(found), *conditions(found)])


def _heading(proof: Proof) -> str:
    """What several have in common: what was done, or the quantity, wherever it is."""
    place = proof.formula.where
    another = f"another {place.quantity}" if place else "another formula"
    return proof.formula.violation or another


def _with_other_numbers(proofs: list[Proof]) -> str:
    """How many of several fail, where some give the same numbers by another formula."""
    failing = sum(proof.formula.fails for proof in proofs)
    return "" if failing in (0, len(proofs)) else f", {failing} of them with other numbers"


def _plainness(proof: Proof) -> tuple[bool, int]:
    return not proof.formula.fails, len(proof.case.id)
