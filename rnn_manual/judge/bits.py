"""torch.nn against the torch loops on the CPU's own kernels: every bit, or it differs.

Bits are a property of a machine's kernels. They are compared where MKL is held to the path whose
bits are the same on every x86-64, in a process that chooses it before torch is loaded; and where
oneDNN, which computes float32 LSTMs by default in an order of its own, is off for both.
"""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import torch

from rnn_manual.candidates.candidate import NN, Subject, loops
from rnn_manual.candidates.errors import ProcessEnded
from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.process.dispatch import REPRODUCIBLE, ask
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.comparison import Comparison
from rnn_manual.judge.findings import BITS
from rnn_manual.judge.reference.tolerance import Reference, whole
from rnn_manual.judge.tensor import TensorComparison
from rnn_manual.judge.verdict import Verdict
from rnn_manual.judge.where import locate

ESTABLISHED = ("x86_64", "AMD64")


def check_bits(case: Case) -> Comparison:
    """torch.nn against the torch loops, both on torch's own kernels."""
    about: dict[str, Any] = {"case": case, "candidate": NN.name, "mode": BITS, "command": NN.name}
    answer = ask(NN, run_both, case, environment=REPRODUCIBLE)
    if isinstance(answer.error, ProcessEnded):
        return Comparison(**about, raised=Verdict.ERROR, message=str(answer.error))
    if answer.error is not None:
        raise answer.error
    theirs, ours = answer.value[0], whole(answer.value[1], case)
    nothing: dict[str, Floats] = {name: np.zeros(t.shape) for name, t in ours.tensors.items()}
    tensors = compare_result(theirs, Reference(ours, ours.tensors, nothing))
    for name, tensor in tensors.items():
        if tensor.verdict == Verdict.WITHIN:
            tensors[name] = TensorComparison(Verdict.DIFFERS, "the sign of a zero")
    return Comparison(**about, tensors=tensors, where=locate(case, tensors))


def run_both(subject: Subject, case: Case) -> tuple[Result, Result]:
    """A candidate and the torch loops, in one process and without oneDNN."""
    return without_onednn(subject, case), without_onednn(loops, case)


def without_onednn(subject: Subject, case: Case) -> Result:
    """Runs a candidate on the kernels of torch's own."""
    with torch.backends.mkldnn.flags(enabled=False):
        return run_candidate(subject, case)


def why_not_here(device: str) -> str:
    """Why bits are not compared on this machine; "" where they are."""
    if device != "cpu" or platform.machine() not in ESTABLISHED:
        return "established on x86-64 only, under MKL's reproducible path"
    return ""
