"""Both errors that the tolerance can make, measured: `make calibration`.

False alarms: how near correct candidates come to what is allowed, where 1 would be a failure; and,
from how the largest of these fall off, the chance that a correct layer fails somewhere in the
suite. Blindness: the smallest relative fault in one weight that still fails the case.

With `--tensors 200000` (`make calibration ARGS="--level full --tensors 200000"`) false alarms only,
on cases of the level drawn at random, each with numbers of its own, until so many tensors were
compared.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.options import is_telling
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.reference.tolerance import SPREAD, reference
from rnn_manual.parity import Case, Unsupported, select
from rnn_manual.usage import DTYPES, KINDS
from tests.meta.candidates.right.classes import CLASSES
from tests.meta.candidates.right.functions import RIGHT

SUBJECTS: dict[str, Subject] = RIGHT | {name: layer for name, (_, layer) in CLASSES.items()}
# Whose dropout draws the masks that nn does.
DRAW_AS_NN = ("torch.nn", "without oneDNN", *(n for n in CLASSES if not n.startswith("plain")))
FAULTS = [10.0**-k for k in range(-2, 16)]
TAIL = 100  # of the largest ratios, from which the rest of the distribution is extrapolated


def ratios(subject: Subject, case: Case) -> list[float]:
    """A candidate's largest error in each tensor, in units of what is allowed."""
    try:
        result = run_candidate(subject, case)
    except Unsupported:
        return []
    tensors = compare_result(result, reference(case)).values()
    return [float(t.ratios.max()) for t in tensors if t.ratios.size]


def nearest(subject: Subject, case: Case) -> float:
    """The largest of them; 0 if it takes no such case."""
    return max(ratios(subject, case), default=0.0)


def chance_beyond(found: Sequence[float], limit: float = 1.0) -> float:
    """The chance that one more tensor is beyond a limit: the tail's mean excess, extrapolated.

    Rounding errors fall off faster than exponentially: so this is more than the chance.
    """
    largest = np.sort(np.asarray(found))[-TAIL:]
    excess = float((largest - largest[0]).mean())
    return len(largest) / len(found) * float(np.exp(-(limit - largest[0]) / excess))


def faulty(fault: float) -> Subject:
    """torch.nn with the first element of weight_hh_l0 off by a relative fault."""

    def build(module: nn.RNNBase) -> Callable[..., Any]:
        with torch.no_grad():
            module.weight_hh_l0[0, 0] *= 1 + fault
        return module

    return build


def smallest_seen(case: Case) -> float:
    """The smallest fault, by powers of ten, up to which every one fails the case."""
    seen = float("inf")
    for fault in FAULTS:
        if nearest(faulty(fault), case) <= 1:
            return seen
        seen = fault
    return seen


def sensitive(case: Case) -> bool:
    """Cases whose first recurrent weight multiplies something, and reaches something."""
    c = case.config
    several = case.seq_len > 1 and case.state != "zeros" and not case.label
    return is_telling(replace(case, dtype="float32")) and several and c.nonlinearity == "tanh"


Found = Iterator[tuple[str, Case, list[float]]]


def of_case(case: Case) -> Found:
    """How near every correct candidate comes on a case, functions and classes."""
    for name, subject in SUBJECTS.items():
        slow = name == "summed in sequence" and case.config.hidden_size > 60
        drawn = case.random and name not in DRAW_AS_NN
        other = CLASSES.get(name, (case.config.kind,))[0] != case.config.kind
        if not (slow or drawn or other):
            yield name, case, ratios(subject, case)


def every_ratio(level: str, seeds: int) -> Found:
    """Every case, with numbers from so many seeds."""
    for seed in range(seeds):
        for case in select(level, seed=seed):
            yield from of_case(case)


def so_many(level: str, tensors: int) -> Found:
    """Cases drawn at random, each with numbers of its own, until so many tensors were compared."""
    cases, rng = select(level), random.Random(0)
    compared = 0
    for seed in itertools.count():
        for name, case, more in of_case(replace(rng.choice(cases), seed=seed)):
            yield name, case, more
            compared += len(more)
            if compared >= tensors:
                return


def false_alarms(found_by: Found) -> None:
    """Prints how near correct candidates come, and the chance that one goes too far."""
    nearest_by: dict[tuple[str, str], float] = {}
    found: dict[str, list[float]] = {"": [], "chaos": []}
    done, worst = 0, {}
    for name, case, more in found_by:
        if done // 10_000 < (done := done + len(more)) // 10_000:
            print(f"{done:,} tensors", file=sys.stderr, flush=True)
        worst[case] = max(worst.get(case, (0.0, "")), (max(more, default=0.0), name))
        key = (name, "chaos" if case.gain != 1 else case.dtype)
        nearest_by[key] = max([nearest_by.get(key, 0.0), *more])
        found["chaos" if case.gain != 1 else ""] += more
        if any(ratio > 1 for ratio in more):
            print(f"FALSE ALARM {name} {case.id} seed {case.seed}: {max(more):.3g}", flush=True)
    print(f"correct candidates: the worst error in units of what is allowed (SPREAD {SPREAD:g})")
    columns = [*DTYPES, "chaos"]
    print(f"  {'':<24}" + "".join(f"{column:>10}" for column in columns))
    for name in SUBJECTS:
        cells = (nearest_by.get((name, column)) for column in columns)
        print(f"  {name:<24}" + "".join(f"{'' if c is None else f'{c:.2g}':>10}" for c in cells))
    print("nearest to what is allowed:")
    for case, (ratio, name) in sorted(worst.items(), key=lambda item: item[1], reverse=True)[:8]:
        print(f"  {ratio:.2f}  {name}, {case.id}, seed {case.seed}")
    total = sum(map(len, found.values()))
    print(f"{total:,} tensors compared, {sum(r > 1 for rs in found.values() for r in rs)} beyond")
    one = chance_beyond(found[""])
    per_run = sum(len(ratios(SUBJECTS["torch.nn"], case)) for case in select("standard"))
    print(
        f"extrapolated: one tensor in {1 / one:.1e} is beyond; of {per_run:,} in a run of "
        f"standard, one run in {1 / (one * per_run):.1e}"
    )


def blindness() -> None:
    """Prints the smallest faults that are seen."""
    print("one weight_hh element wrong: the smallest relative fault that fails, over `standard`")
    for dtype in DTYPES:
        for kind in KINDS:
            cases = [
                replace(case, dtype=dtype)
                for case in select("standard", kinds=[kind], dtypes=["float32"], where=sensitive)
            ][:40]
            found = np.array([smallest_seen(case) for case in cases])
            print(
                f"  {dtype:<8} {kind:<4} median {np.median(found):.0e}, worst {found.max():.0e} "
                f"of {len(found)} cases"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", default="standard", choices=("standard", "full"))
    parser.add_argument("--seeds", type=int, default=6, help="how many sets of numbers")
    parser.add_argument("--tensors", type=int, help="false alarms only, among so many tensors")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.tensors:
        false_alarms(so_many(options.level, options.tensors))
    else:
        false_alarms(every_ratio(options.level, options.seeds))
        blindness()


if __name__ == "__main__":
    main()
