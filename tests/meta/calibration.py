"""Both errors that the tolerance can make, measured: `python -m tests.meta.calibration`.

False alarms: how near correct candidates come to what is allowed (1 would be a failure). Blindness:
the smallest relative fault in one weight that still fails the case.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_manual.candidates.candidate import as_candidate
from rnn_manual.candidates.running import run_candidate
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.tolerance import reference
from rnn_manual.parity import Candidate, Case, Unsupported, select
from rnn_manual.usage import DTYPES, KINDS
from tests.meta.right import RIGHT

FAULTS = [10.0**-k for k in range(-2, 16)]


def nearest(candidate: Any, case: Case) -> float:
    """The largest error of a candidate, in units of what is allowed; 0 if it takes no such case."""
    try:
        result = run_candidate(as_candidate(candidate), case)
    except Unsupported:
        return 0.0
    tensors = compare_result(result, reference(case)).values()
    return max((float(t.ratios.max()) for t in tensors if t.ratios.size), default=0.0)


def faulty(fault: float) -> Candidate:
    """torch.nn with the first element of weight_hh_l0 off by a relative fault."""

    def build(module: nn.RNNBase) -> Callable[..., Any]:
        with torch.no_grad():
            module.weight_hh_l0[0, 0] *= 1 + fault
        return module

    return Candidate(f"fault of {fault:g}", build)


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
    usual = replace(case, dtype="float32").usual and case.gain == 1 and not case.label
    return usual and case.seq_len > 1 and c.nonlinearity == "tanh"


def main() -> None:
    warnings.simplefilter("ignore")
    print("correct candidates: the worst error in units of what is allowed, over `quick`")
    for name, build in RIGHT.items():
        by_dtype = {
            dtype: max(nearest(build, case) for case in select("quick", dtypes=[dtype]))
            for dtype in DTYPES
        }
        print(f"  {name:<24}" + "".join(f"{d} {r:8.2g}  " for d, r in by_dtype.items()))
    print("one weight_hh element wrong: the smallest relative fault that fails, over `quick`")
    for dtype in DTYPES:
        for kind in KINDS:
            cases = select("quick", kinds=[kind], dtypes=[dtype], where=sensitive, notes=None)
            found = np.array([smallest_seen(case) for case in cases])
            print(
                f"  {dtype} {kind:<5} median {np.median(found):.0e}, worst {found.max():.0e} "
                f"of {len(found)} cases"
            )


if __name__ == "__main__":
    main()
