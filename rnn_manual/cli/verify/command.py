"""`rnn-manual verify` and `record`: the suite run on a candidate, shown, and written down."""

from __future__ import annotations

import argparse
import shlex
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from rnn_manual.cli.console import console
from rnn_manual.cli.verify.closing import declined, show, verdict
from rnn_manual.cli.verify.following import Followed, Following
from rnn_manual.cli.verify.known import known
from rnn_manual.cli.verify.legend import legend
from rnn_manual.cli.verify.paged import as_page
from rnn_manual.cli.verify.preflight import Preflight
from rnn_manual.cli.verify.results import as_report, dumps
from rnn_manual.cli.verify.suite import checked_expression, names_tests, run_suite
from rnn_manual.files import check_writable, write
from rnn_manual.plugin.workers import cores, threads_for
from rnn_manual.usage import LIMIT, Refused, did_you_mean

RECORDED = "test_parity or test_modes"


def verify(options: argparse.Namespace) -> int:
    """Runs the suite on a candidate, shows the closing table and writes the reports asked for."""
    for path in (options.json, options.html, options.junitxml):
        if path is not None:
            check_writable(path)
    if options.k:
        checked_expression(options.k)
    shown = console()
    workers = cores() if options.n is None else options.n
    with _preflight(options, workers) as preflight:
        here = "" if workers else options.candidate
        following = Following(shown, preflight, _asked(options), here)
        code = run_suite(_arguments(options, workers), following)
    found = following.found
    _refuse_what_shows_nothing(options, found, code)

    alone = options.record is not None or options.against is not None
    threads = 1 if alone else threads_for(workers) if workers else None
    environment, modes = found.known or (preflight.known if preflight else known(options.device))
    environment = environment | ({"threads": threads} if threads else {})
    report = as_report(options.candidate, options.level, environment, modes, found)
    show(shown, report, found)
    if options.json:
        write(Path(options.json), dumps(report))
    if options.html:
        write(
            Path(options.html), as_page(report, verdict(report, found)[0], legend(report["cases"]))
        )
    if options.record is not None:
        shown.print(f"recorded in {options.record}{found.left_out}", markup=False)
    return 1 if found.failures else 2 if declined(report) else 0


def _preflight(
    options: argparse.Namespace, workers: int
) -> AbstractContextManager[Preflight | None]:
    """None where workers are there to say all that it would."""
    loadable = _loadable(options.candidate)
    if workers and loadable is None:
        return nullcontext()
    return Preflight(loadable, options.device, options.limit)


def _loadable(candidate: str) -> str | None:
    """The name to load; None for torch.nn and its modes, which are known to be there.

    Raises: Refused: it is no name of a candidate.
    """
    if candidate == "torch.nn":
        return None
    if ":" in candidate:
        return candidate
    from rnn_manual.candidates.catalogue import MODES
    from rnn_manual.candidates.process.loading import FORMS

    if candidate in MODES:
        return None
    near = did_you_mean(candidate, [*MODES, "torch.nn"])
    raise Refused(f"candidate must be {FORMS}, torch.nn or a mode, got {candidate!r}{near}")


def _arguments(options: argparse.Namespace, workers: int) -> list[str]:
    """What pytest is told."""
    wanted = options.k
    recording = options.record is not None
    if recording:  # the other tests say whether laws hold, and keep no results
        wanted = f"({RECORDED}) and ({options.k})" if options.k else RECORDED
    return [
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
    ]


def _asked(options: argparse.Namespace) -> str:
    """The command, as it was asked for, without -k and what only shows or speeds up a run."""
    words = ["rnn-manual verify"]
    if options.candidate != "torch.nn":
        words.append(f"--candidate {shlex.quote(options.candidate)}")
    for name, values in (("--kind", options.kind), ("--dtype", options.dtype)):
        words += [f"{name} {' '.join(values)}"] if values else []
    words += [f"--device {options.device}"] * (options.device != "cpu")
    words += [f"--level {options.level}"] * (options.level != "standard")
    words += [f"--seed {options.seed}"] * (options.seed != 0)
    words += [f"--limit {options.limit:g}"] * (options.limit != LIMIT)
    return " ".join(words)


def _refuse_what_shows_nothing(options: argparse.Namespace, found: Followed, code: int) -> None:
    """Raises Refused unless something was compared, KeyboardInterrupt if it was interrupted."""
    if found.refused:
        raise Refused(found.refused)
    if found.broken:
        raise Refused(f"the suite itself could not run: {found.broken.strip().splitlines()[-1]}")
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if found.unrecorded and found.outcomes:
        raise Refused(f"nothing was recorded in {options.record}: {found.unrecorded}")
    if not found.outcomes:
        raise Refused(f"no test matches: -k {options.k!r}" if options.k else "no test was selected")
    if not found.cases and not found.failures:
        tests = sum(found.outcomes.values())
        if not found.outcomes["passed"]:
            raise Refused(f"no case was compared: {options.candidate} declines all {tests} tests")
        if not (options.k and names_tests(options.k)):
            which = f"-k {options.k!r} selects" if options.k else "there are"
            raise Refused(
                f"no case was compared: {which} {tests} tests of claims alone; "
                "a case is named as [lstm-f32], a claim's test by its name"
            )
    if options.against and not any("drift" in case for case in found.cases):
        raise Refused(f"none of the cases is in the recording {options.against}")
