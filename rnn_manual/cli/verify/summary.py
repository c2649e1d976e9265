"""What the cases of a run come to, in numbers and words. A case is one of the JSON report's."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rnn_manual.cases.features import CHAOTIC, FEATURES
from rnn_manual.judge.findings import BITS
from rnn_manual.judge.missing import Missing, missing_in
from rnn_manual.judge.verdict import Verdict
from rnn_manual.proof.formula import OPEN, OTHER, PROVED

FORMULAS = (PROVED, OTHER, OPEN)
JsonCase = dict[str, Any]
VERDICTS = [verdict.value for verdict in Verdict]


def is_mode(case: JsonCase) -> bool:
    """Whether it was run in a mode of people's, rather than called."""
    return case["mode"] not in ("", BITS)


def is_declined(case: JsonCase) -> bool:
    """Whether the candidate declined it."""
    return bool(case["verdict"] == "unsupported")


def totals(cases: Iterable[JsonCase]) -> dict[str, int]:
    """How many cases came to each verdict; every verdict is named."""
    count = Counter(case["verdict"] for case in cases)
    return {verdict: count[verdict] for verdict in VERDICTS}


def closest(cases: Iterable[JsonCase]) -> str:
    """In words: which tensor that is `within` came closest to the limit, and how close."""
    ranked = [
        (t["error"] / t["allowed"], name, case["id"])
        for case in cases
        for name, t in case["tensors"].items()
        if t["verdict"] == "within" and t["allowed"]
    ]
    if not ranked:
        return ""
    ratio, name, id = max(ranked)
    return f"{name} of {id}, off by {ratio:.2g} of what rounding explains; beyond 1 it fails"


def formulas(cases: Iterable[JsonCase]) -> str:
    """In words: how many are proved, and the chance that one of these is not what it is said."""
    found = [case["formula"] for case in cases if case.get("formula")]
    failed = sum(bool(formula["violation"]) for formula in found)
    count = Counter(formula["verdict"] for formula in found if not formula["violation"])
    counted = [f"{count[verdict]:,} {verdict}" for verdict in FORMULAS if count[verdict]]
    words = ", ".join([*counted, *[f"{failed:,} of runs that fail"] * bool(failed)])
    chance = sum(formula["chance"] for formula in found if formula["verdict"] == PROVED)
    if not chance:
        return words
    power = math.floor(math.log2(chance)) + 1
    return f"{words}; the chance that one is taken for the same and is not: below 2^{power}"


def open_formulas(cases: Iterable[JsonCase]) -> list[tuple[str, int]]:
    """Why formulas are open, and of how many cases."""
    return Counter(formula["reason"] for formula in _formulas(cases, OPEN)).most_common()


def conditions(cases: Iterable[JsonCase]) -> list[tuple[str, int]]:
    """What proofs depend on in the layer's own code, and of how many cases."""
    said = (words for formula in _formulas(cases, PROVED) for words in formula["conditions"])
    return Counter(said).most_common()


def largest(cases: Iterable[JsonCase]) -> str:
    """In words: the largest sizes that there are; "" if there is no case."""
    sizes = [case["sizes"] for case in cases]
    if not sizes:
        return ""
    found = ", ".join(f"{name} {max(each[name] for each in sizes)}" for name in sizes[0])
    return f"at most {found}, each in one of the cases; of larger ones nothing is said"


def smaller(cases: Iterable[JsonCase]) -> list[tuple[str, int]]:
    """Of how many cases the formulas of fewer steps or sequences are proved."""
    count = sum(formula["part"] is not None for formula in _formulas(cases, PROVED))
    return [("on fewer steps or sequences than the case has", count)] * bool(count)


def _formulas(cases: Iterable[JsonCase], verdict: str) -> Iterator[JsonCase]:
    for case in cases:
        if case.get("formula") and case["formula"]["verdict"] == verdict:
            yield case["formula"]


def not_compared(cases: Sequence[JsonCase]) -> list[str]:
    """What the verdict says nothing about: declined kinds, and gradients that were missing."""
    called = [case for case in cases if not is_mode(case)]
    lines, asked = [], []
    for kind in dict.fromkeys(case["kind"] for case in called):
        ours = [case for case in called if case["kind"] == kind]
        if said := _declined(ours):
            lines.append(f"{kind}: not compared ({said})")
        else:
            asked += ours
    features: dict[str, list[str]] = {}  # what was said → of which
    for name in (*FEATURES, CHAOTIC):
        of_it = [case for case in asked if name in case["features"]]
        if said := _declined(of_it):
            features.setdefault(said, []).append(name)
            continue
        for kind in dict.fromkeys(case["kind"] for case in of_it):
            if said := _declined([case for case in of_it if case["kind"] == kind]):
                features.setdefault(said, []).append(f"{kind} {name}")
    for said, names in features.items():
        lines.append(f"{', '.join(names)}: not compared ({said})")
    tensors = [pair for case in called for pair in missing_in(case["tensors"])]
    return lines + Missing(tensors).in_words()


def _declined(cases: Sequence[JsonCase]) -> str:
    """What was mostly said of cases that were all declined; "" if one was not."""
    if not cases or not all(map(is_declined, cases)):
        return ""
    (said, _), *_ = Counter(str(case["message"]) for case in cases).most_common(1)
    return said


def declined_modes(cases: Iterable[JsonCase]) -> list[tuple[str, str, int]]:
    """What was declined in modes: in which, in whose words, and how often."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        if is_mode(case) and is_declined(case):
            found.setdefault(case["message"], Counter())[case["mode"]] += 1
    return [(", ".join(modes), message, modes.total()) for message, modes in found.items()]
