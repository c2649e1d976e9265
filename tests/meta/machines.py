"""Other machines, as far as this one can stand in for them: `make machines`.

Bits, verdicts and tolerances may depend on the path that MKL, oneDNN and torch's own kernels take
on a processor, and on how many threads share the work. So the tests of these run once under each
setting, and all must pass under all. Beside that it is told, and not asserted, in how many
cases every bit of torch.nn's, and of gradients by hand, is the loops' when MKL goes its own way.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence

import numpy as np

from rnn_manual.candidates import by_hand
from rnn_manual.candidates.candidate import Subject, torch_nn
from rnn_manual.judge.bits import run_both
from rnn_manual.parity import Case, select
from rnn_manual.plugin.workers import cores
from tests.meta.page.test_backprop import exact

MACHINES: dict[str, dict[str, str]] = {
    "as it is": {},
    "MKL reproducible": {"MKL_CBWR": "COMPATIBLE"},
    "MKL of AVX2": {"MKL_CBWR": "AVX2"},
    "torch without vectors": {"ATEN_CPU_CAPABILITY": "default"},
    "torch of AVX2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "oneDNN of AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "oneDNN of SSE4.1": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "one thread": {"OMP_NUM_THREADS": "1"},
    "two threads": {"OMP_NUM_THREADS": "2"},
}
TESTS = [
    "tests/test_parity.py",
    "tests/meta/judge/test_bits.py",
    "tests/meta/judge/test_tolerance.py",
    "tests/meta/judge/test_rounding.py",
    "tests/meta/judge/test_second_derivatives.py",
    "tests/meta/modules/test_bits.py",
    "tests/meta/page/test_backprop.py",
]
ROW = "{:<22} {:>9} {:>9} {:>9} {:>18}  {:>7}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tests under each setting, a row each. Returns: 1 if a test failed."""
    parser = argparse.ArgumentParser(prog="make machines", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MACHINE", help=", ".join(MACHINES))
    asked = parser.parse_args(arguments).names or list(MACHINES)
    if unknown := [name for name in asked if name not in MACHINES]:
        parser.error(f"no machine {unknown[0]!r}; there are {', '.join(MACHINES)}")
    print(ROW.format("", "passed", "skipped", "failed", "bits nn, by hand", "seconds"), flush=True)
    said = [_row(name) for name in asked]
    for text in filter(None, said):
        print(f"\n{text}")
    return int(any(said))


def _row(name: str) -> str:
    """Prints a machine's row. Returns: what pytest said, if a test failed there."""
    environment = {k: v for k, v in os.environ.items() if k not in _settings()} | MACHINES[name]
    begun = time.monotonic()
    # Several workers share the cores: with a number of threads to be tried there is one.
    workers = "0" if "OMP_NUM_THREADS" in MACHINES[name] else str(cores())
    command = [sys.executable, "-m", "pytest", f"-n{workers}", "-p", "no:randomly", *TESTS]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    look = [sys.executable, "-c", f"import {__spec__.name} as m; print(m.bits_as_it_goes())"]
    looked = subprocess.run(look, env=environment, capture_output=True, text=True)
    bits = looked.stdout.strip() or "?"
    counts = [_count(run.stdout, word) for word in ("passed", "skipped", "failed", "error")]
    row = [name, *counts[:2], counts[2] + counts[3], bits, f"{time.monotonic() - begun:.0f}"]
    print(ROW.format(*row), flush=True)
    said = [each.stdout[-4000:] + each.stderr[-1000:] for each in (run, looked) if each.returncode]
    return f"{name}:\n{''.join(said)}" if said else ""


def _settings() -> set[str]:
    return {variable for setting in MACHINES.values() for variable in setting}


def _count(text: str, word: str) -> int:
    found = re.search(rf"(\d+) {word}", text.strip().rpartition("\n")[2])
    return int(found[1]) if found else 0


def bits_as_it_goes() -> str:
    """Of how many cases torch.nn, and by hand its gradients, have every bit of the loops'."""
    warnings.simplefilter("ignore")
    cases = select("standard", dtypes=["float32", "float64"], where=exact, notes=None)[::2]
    counts = [sum(_same(subject, case) for case in cases) for subject in (torch_nn, by_hand.build)]
    return f"{counts[0]}, {counts[1]} of {len(cases)}"


def _same(subject: Subject, case: Case) -> bool:
    theirs, ours = (result.tensors for result in run_both(subject, case))
    return all(np.array_equal(theirs[n], ours[n], equal_nan=True) for n in ours if n in theirs)


if __name__ == "__main__":
    sys.exit(main())
