"""`rnn-manual verify`: the suite, run through pytest, shown as people want it."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rnn_manual.files import check_writable, write
from rnn_manual.parity import Unusable
from rnn_manual.parity.candidates import as_candidate, usable_device
from rnn_manual.parity.drift import ORDER
from rnn_manual.parity.environment import environment, in_words
from rnn_manual.parity.modes import MODES
from rnn_manual.parity.report import dumps
from rnn_manual.parity.table import (
    closest,
    declined_modes,
    gradients_compared,
    modes_table,
    totals,
    verdict_table,
)
from rnn_manual.plugin import cores, threads_for
from rnn_manual.usage import Refused
from rnn_manual.watch import Watch

RECORDED = "test_parity or test_modes"
BLOCKS_SHOWN, LINES_SHOWN, WORDS_SHOWN = 3, 14, 200
LEGEND = """\
identical  every bit is the loops'
within     as near to the exact result as correct arithmetic comes; the worst error"""


def suite() -> Path:
    """Where the claims' tests are: inside the installed package, or beside it in a checkout."""
    installed = Path(str(files("rnn_manual"))) / "suite"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "tests"


def verify(options: argparse.Namespace) -> int:
    """Runs the suite on a candidate, shows the closing table and writes the reports asked for."""
    try:
        as_candidate(options.candidate)
        usable_device(options.device)
    except Unusable as unusable:
        raise Refused(unusable) from unusable
    for path in (options.json, options.html, options.junitxml):
        if path is not None:
            check_writable(path)

    shown = Console(highlight=False)
    watch = Watch(shown)
    workers = cores() if options.n is None else options.n
    wanted = options.k
    recording = options.record is not None
    if recording:  # the other tests say whether laws hold, and keep no results
        wanted = f"({RECORDED}) and ({options.k})" if options.k else RECORDED
    code = run_suite(
        [
            *(f"--candidate={options.candidate}", f"--device={options.device}"),
            *(f"--level={options.level}", f"--case-seed={options.seed}"),
            *(f"-n{workers}", "--dist=worksteal"),
            f"--case-limit={options.limit}",
            *(f"--kind={kind}" for kind in options.kind or ()),
            *(f"--dtype={dtype}" for dtype in options.dtype or ()),
            *([f"-k={wanted}"] if wanted else ()),
            *([f"--record={options.record}"] if recording else ()),
            *([] if options.against is None else [f"--against={options.against}"]),
            *([f"--junitxml={options.junitxml}"] if options.junitxml else ()),
        ],
        watch,
    )
    if watch.broken:
        raise Refused(f"the suite itself could not run: {watch.broken.strip().splitlines()[-1]}")
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if watch.unrecorded and watch.done:
        raise Refused(f"nothing was recorded in {options.record}: {watch.unrecorded}")
    if not watch.done:
        raise Refused(f"no test matches: -k {options.k!r}" if options.k else "no test was selected")
    if options.against and not any("drift" in case for case in watch.cases):
        raise Refused(f"none of the cases is in the recording {options.against}")

    report = {
        "environment": environment(options.device)
        | ({"threads": threads_for(workers)} if workers else {})
        | ({"threads": 1} if recording or options.against else {}),
        "candidate": options.candidate,
        "totals": totals(watch.cases),
        "claims": watch.claims,
        "failures": [{"test": name, "said": said} for name, said in watch.failed],
        "cases": sorted(watch.cases, key=_place),
    }
    with_record = Console(record=True, file=io.StringIO(), width=110, highlight=False)
    for console in (shown, with_record):
        show(console, report, watch)
    if options.json:
        write(Path(options.json), dumps(report))
    if options.html:
        write(Path(options.html), with_record.export_html())
    if recording:
        shown.print(f"recorded in {options.record}", markup=False)
    return int(bool(watch.failed) or declined(report))


def _place(case: dict[str, Any]) -> tuple[int, str]:
    """Modes come in the order in which they are listed."""
    modes = list(MODES)
    return modes.index(case["mode"]) if case["mode"] in MODES else -1, case["id"]


def declined(report: dict[str, Any]) -> bool:
    """Whether the candidate was put to nothing at all, which is not the same as passing."""
    if not report["cases"]:
        return not any(count["passed"] or count["failed"] for count in report["claims"].values())
    return report["totals"]["unsupported"] == len(report["cases"])  # type: ignore[no-any-return]


def run_suite(arguments: list[str], plugin: object) -> int:
    """Pytest on the suite alone: nothing of the folder it is called in has a say."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    alone = [f"--rootdir={suite()}", f"--confcutdir={suite()}", f"-c{os.devnull}"]
    # This module shows the run, so pytest need not; and the order is `order`'s.
    without = [f"-pno:{name}" for name in ("terminal", "cacheprovider", "logging", "randomly")]
    ours = ["-prnn_manual.plugin", "-prnn_manual.order", f"--ignore={suite() / 'meta'}"]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = pytest.main([str(suite()), *alone, *without, *ours, *arguments], plugins=[plugin])
    if code == pytest.ExitCode.USAGE_ERROR:
        raise Refused(" ".join(said.getvalue().split()).removeprefix("ERROR: "))
    sys.stderr.write(said.getvalue())
    return int(code)


def show(console: Console, report: dict[str, Any], watch: Watch) -> None:
    """Failures first, the closing table after them, the verdict last, where the eye ends."""
    # A case's block says most, and that of the case with the fewest options is the plainest.
    blocks = sorted(watch.failed, key=lambda f: (not f[1].startswith("candidate "), len(f[0])))
    for name, said in blocks[:BLOCKS_SHOWN]:
        console.print(f"\n{name}", style="bold red", markup=False, soft_wrap=True)
        lines = said.strip().splitlines()
        console.print("\n".join(lines[:LINES_SHOWN]), markup=False, soft_wrap=True)
    if len(blocks) > BLOCKS_SHOWN:
        rest = "every one is in the reports of --json and --junitxml"
        console.print(f"\n… and {len(blocks) - BLOCKS_SHOWN} more failures; {rest}", style="red")
    console.print()
    console.print(verdict_table(report["cases"]))
    show_modes(console, report["cases"])
    console.print()
    console.print(LEGEND, style="dim")
    nearest = closest(report["cases"])
    if nearest:
        console.print(f"nearest   {nearest}", markup=False)
    console.print(claims_line(watch.claims))
    counted = ", ".join(f"{n} {verdict}" for verdict, n in report["totals"].items() if n)
    console.print(f"cases     {counted or 'none'}")
    tests = ", ".join(f"{n} {outcome}" for outcome, n in sorted(watch.done.items()))
    console.print(f"tests     {tests}")
    if line := against_line(report["cases"]):
        console.print(line, markup=False)
    console.print(f"built on  {in_words(report['environment'])}", markup=False)
    word, style = "agrees with the loops", "bold green"
    if watch.failed:
        only_drift = watch.drifted == len(watch.failed)
        other = "differs from the recording, and agrees with the loops"
        word, style = other if only_drift else "disagrees with the loops", "bold red"
    elif declined(report):
        word, style = "was not compared: it supports none of the cases", "bold red"
    elif not gradients_compared(report["cases"]):
        word += "; it computes no gradients"
    console.print(f"{report['candidate']} {word}", style=style, markup=False)


def show_modes(console: Console, cases: list[dict[str, Any]]) -> None:
    """The modes' table, and what torch says of those that it does not support."""
    table = modes_table(cases)
    if table is None:
        return
    console.print()
    console.print(table)
    for modes, message, count in declined_modes(cases):
        said = message if len(message) <= WORDS_SHOWN else f"{message[:WORDS_SHOWN]} …"
        console.print(f"{modes} unsupported ({count}): {said}", style="yellow", markup=False)


def against_line(cases: list[dict[str, Any]]) -> str:
    """How what was held against a recording compares with it; empty if nothing was."""
    drifts = [case["drift"] for case in cases if "drift" in case]
    if not drifts:
        return ""
    count = Counter(drift["verdict"] for drift in drifts)
    words = ", ".join(f"{count[verdict]} {verdict}" for verdict in ORDER if count[verdict])
    ulp = max(drift["ulp"] for drift in drifts)
    far = f", at most {ulp:,} units in the last place" if ulp else ""
    return f"against   {words}{far}; {len(cases) - len(drifts)} are not in the recording"


def claims_line(claims: dict[str, dict[str, int]]) -> str:
    """How many claims hold, and which do not."""
    failed = [name for name, count in sorted(claims.items()) if count["failed"]]
    held = sum(1 for count in claims.values() if count["passed"] and not count["failed"])
    return f"claims    {held} hold" + (
        f", {len(failed)} fail: {' '.join(failed)}" if failed else ""
    )
