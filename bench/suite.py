"""The suite: start-up, cases and proofs per second, workers, memory, and how each grows."""

from __future__ import annotations

import json
import re
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.process import Ran, run
from rnn_manual import Config
from rnn_manual.parity import Case, check, prove

VERIFY = ("-m", "rnn_manual", "verify")
PROVE = ("-m", "rnn_manual", "prove")
LSTM = Case(Config("lstm", 3, 5), seq_len=10, batch_size=2)


def rows(quick: bool) -> Iterator[dict[str, Any]]:
    """A row for each figure, as JSON has it. quick: the largest of each growth left out."""
    yield from _start_up(2 if quick else 5)
    yield from _runs()
    yield from _many_cases((100, 1000) if quick else (100, 1000, 10_000))
    steps = [10, 100, 1000] if quick else [10, 100, 1000, 10_000]
    yield from _growth("T", {T: replace(LSTM, seq_len=T) for T in steps})
    widths = [4, 32, 128] if quick else [4, 32, 128, 512]
    yield from _growth("H", {H: replace(LSTM, config=Config("lstm", 3, H)) for H in widths})


def _row(table: str, what: str, **values: str) -> dict[str, Any]:
    return {"part": "suite", "table": table, "what": what, "values": values}


def _start_up(rounds: int) -> Iterator[dict[str, Any]]:
    """To the first test of `rnn-manual verify -n 0`, against importing torch and pytest alone."""
    ratios, plain, ours = [], [], []
    for _ in range(rounds):
        plain.append(run("-c", "import torch, pytest").seconds)
        ours.append(run(*VERIFY, "-n", "0", PYTEST_PLUGINS="bench.first_test").seconds)
        ratios.append(ours[-1] / plain[-1])
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    yield _row(
        "start-up",
        "to the first test, against `import torch, pytest`",
        ratio=f"{median:.2f} ({low:.2f} to {high:.2f})",
        seconds=f"{statistics.median(ours):.1f} against {statistics.median(plain):.1f}",
    )


def _runs() -> Iterator[dict[str, Any]]:
    """standard in one process and on two workers, a thread each; quick; and the proofs alone."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        alone, two = (
            run(*VERIFY, "-n", workers, "--junitxml", str(report)) for workers in ("0", "2")
        )
        tests = _tests_in(report)
        quick = run(*VERIFY, "--level", "quick", "-n", "2", "--junitxml", str(report))
        few = _tests_in(report)
        proofs = Path(folder) / "proofs.json"
        proving = run(*PROVE, "--json", str(proofs))
        proved = len(json.loads(proofs.read_text(encoding="utf-8"))["cases"])
    yield _run_row("`rnn-manual verify -n 0`", alone, tests, "tests")
    speed_up = f"{alone.seconds / two.seconds:.2f} × one process"
    yield _run_row("`rnn-manual verify -n 2`", two, tests, "tests", speed_up)
    times = f"{two.seconds / quick.seconds:.1f} × standard"
    yield _run_row("`rnn-manual verify -n 2 --level quick`", quick, few, "tests", times)
    yield _run_row("`rnn-manual prove`", proving, proved, "proofs")


def _tests_in(report: Path) -> int:
    return int(re.search(r'tests="(\d+)"', report.read_text(encoding="utf-8"))[1])  # type: ignore[index]


def _run_row(what: str, ran: Ran, number: int, unit: str, speed_up: str = "") -> dict[str, Any]:
    return _row(
        "runs",
        what,
        seconds=f"{ran.seconds:.1f}",
        **{"per second": f"{number / ran.seconds:.0f} of {number} {unit}"},
        memory=f"{ran.megabytes:.0f} MB",
        **{"speed-up": speed_up},
    )


def _many_cases(numbers: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    quiet = ("-m", "pytest", "-c/dev/null", "--rootdir=bench", "-pno:cacheprovider", "-n0")
    for number in numbers:
        ran = run(*quiet, "bench/many_cases.py", CASES=str(number))
        yield _row(
            "number of cases",
            f"{number} cases",
            seconds=f"{ran.seconds:.1f}",
            **{"per second": f"{number / ran.seconds:.0f}"},
            memory=f"{ran.megabytes:.0f} MB",
        )


def _growth(letter: str, cases: dict[int, Case]) -> Iterator[dict[str, Any]]:
    """A comparison and a proof of one LSTM case each, against the smallest."""
    first: dict[str, float] = {}
    for size, case in cases.items():
        values = {}
        for name, judge in (("comparison", check), ("proof", prove)):
            seconds = _seconds(judge, case)
            ratio = seconds / first.setdefault(name, seconds)
            values[name] = f"{ratio:.3g} × ({_told(seconds)})"
        yield _row(f"growth with {letter}", f"{letter} = {size}", **values)


def _told(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def _seconds(judge: Callable[[str, Case], Any], case: Case) -> float:
    """The fastest of three, each on other numbers, for what was computed is kept; fewer if long."""
    taken: list[float] = []
    judge("torch.nn", replace(LSTM, seed=99))
    while len(taken) < 3 and sum(taken) < 5:
        begin = perf_counter()
        judge("torch.nn", replace(case, seed=len(taken)))
        taken.append(perf_counter() - begin)
    return min(taken)
