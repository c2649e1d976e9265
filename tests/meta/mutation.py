"""Do the tests notice when the code is wrong? `make mutation`.

mutmut changes one token of the code after another, in a copy of the tracked files: `-` for `+`, an
argument left out, a number one larger. Each such mutant must fail a test of its own room. One that
does not is a gap in the tests, or it changes nothing: those are listed in survivors.txt with the
reason, and any other fails the run. Of each room some are drawn, about an hour's work: all of them
would take days.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rnn_manual.plugin.workers import cores

LISTED = Path(__file__).with_name("survivors.txt")
ROW = "{:<14} {:>8} {:>8} {:>9} {:>15}  {:>7}"
# Bits are asserted in the process of the mutant itself. And what is forked must have no threads.
ENVIRONMENT = {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
# Through its functions each call of a mutated one goes: they are no candidate's.
NOT_OWN = """
from rnn_manual.candidates.process import own_line

own_line.LIBRARIES += ("mutmut",)
"""

# Of pytest's plugins: the last two collect garbage, which takes longer than most mutants.
UNUSED = ("randomly", "xdist", "cacheprovider", "threadexception", "unraisableexception")


class Room(NamedTuple):
    """files: patterns of those that are mutated. tests: what pytest is to run, in seconds."""

    files: list[str]
    tests: list[str]


class Sample(NamedTuple):
    """So many of a room's mutants."""

    size: int
    seed: int

    def of(self, mutants: list[str]) -> list[str]:
        return random.Random(self.seed).sample(mutants, min(self.size, len(mutants)))


def _page(name: str, *tests: str) -> Room:
    return Room([f"rnn_manual/{name}.py"], [*tests, "tests/meta/page"])


def _tests(folder: str, names: str) -> list[str]:
    found = {path.stem: str(path) for path in Path("tests/meta", folder).rglob("test_*.py")}
    return [found[f"test_{name}"] for name in names.split()]


MODULES = "tests/meta/modules"
REPORTED = _tests("judge", "report said data again located gradients")
PROVED = _tests(
    "proof", "residues rules open compiled conditions raising proved fingerprints in_modes trace"
)
PLACED = _tests(
    "proof",
    "quantities instead zero_state other_parts innocent other lines sent_down lines_forward "
    "dictionary handed_on padding put_in returned",
)
ROOMS: dict[str, Room] = {
    "cells": _page("cells", f"{MODULES}/test_bits.py", f"{MODULES}/test_cells.py"),
    "ops": _page("ops", f"{MODULES}/test_bits.py"),
    "loops": _page("loops", f"{MODULES}/test_bits.py"),
    "weights": _page("weights", f"{MODULES}/test_bits.py", f"{MODULES}/test_copied.py"),
    "layout": _page("layout", f"{MODULES}/test_bits.py", f"{MODULES}/test_calls.py"),
    "backprop": _page("backprop"),
    "cases": Room(["rnn_manual/cases/*.py"], ["tests/meta/cases"]),
    "harness": Room(
        ["rnn_manual/candidates/harness/*.py"],
        ["tests/meta/candidates/harness", *_tests("candidates", "faulty declared modes declining")],
    ),
    # (Not candidates/process: what it does is done in a process where mutmut sees no test.)
    "reference": Room(
        ["rnn_manual/judge/reference/*.py", "rnn_manual/dual.py"],
        _tests("judge", "tolerance rounding second_derivatives scale gradients"),
    ),
    "report": Room(["rnn_manual/judge/report/*.py"], REPORTED),
    "judge": Room(
        ["rnn_manual/judge/[!r]*.py"],
        [
            *REPORTED,
            *_tests("judge", "bits effects missing drawn tolerance"),
            *_tests("proof", "open conditions raising other in_modes dropped"),
            *_tests("candidates", "faulty"),
            *_tests("cases", "strategies"),
        ],
    ),
    "compare": Room(
        [f"rnn_manual/proof/{name}.py" for name in ("compare", "formula", "unseen")],
        _tests(
            "proof",
            "unseen words open conditions other raising dropped fingerprints innocent lines",
        ),
    ),
    "arithmetic": Room(["rnn_manual/proof/arithmetic/*.py"], PROVED),
    "expected": Room(["rnn_manual/proof/expected/*.py"], [*PROVED, *PLACED]),
    # (Not leaving.py, which asks who called it: that is one of mutmut's functions.)
    "mirror": Room(
        ["rnn_manual/proof/mirror/[!rl]*.py"],
        _tests("proof", "rules in_modes quantities innocent dropped proved fingerprints"),
    ),
    "rules": Room(["rnn_manual/proof/mirror/rules/*.py"], PROVED),
    "runs": Room(
        ["rnn_manual/proof/runs/*.py"],
        [*PROVED, *PLACED, *_tests("proof", "unseen"), "tests/meta/explain/test_candidate.py"],
    ),
    "search": Room(["rnn_manual/proof/search/*.py"], PLACED),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the rooms, a row each. Returns: 1 if one of them has a survivor without a reason."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("-n", type=int, default=cores(), help="how many processes (%(default)s)")
    parser.add_argument(
        "--sample", type=int, default=30, metavar="N", help="of each room (%(default)s; 0: all)"
    )
    parser.add_argument("--seed", type=int, default=30, help="of the sample (%(default)s)")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in ROOMS]:
        parser.error(f"no room {unknown[0]!r}; there are {', '.join(ROOMS)}")
    listed = reasons()
    print(ROW.format("", "mutants", "killed", "survived", "without reason", "seconds"), flush=True)
    sample = given.sample and Sample(given.sample, given.seed)
    return max([_row(name, given.n, listed, sample) for name in given.names or ROOMS])


def reasons() -> dict[str, str]:
    """The mutants that survivors.txt lists, and why each changes nothing."""
    found, why, fresh = {}, "", True
    for line in LISTED.read_text().splitlines():
        if line.startswith("#"):
            why = f"{'' if fresh else why} {line.lstrip('# ')}".strip()
        elif line:
            found[line] = why
        fresh = not line.startswith("#")
    return found


def _row(name: str, processes: int, listed: dict[str, str], sample: Sample | None) -> int:
    """Prints a room's row, and the survivors that are not listed. Returns: 1 if there are any."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        _copy(Path(folder), ROOMS[name])
        chosen: list[str] = []
        if sample:
            _tried(folder, processes, ["none of them"])  # they are generated before that is seen
            chosen = sample.of(list(_status(folder)))
        if not _tried(folder, processes, chosen):
            print(f"{name:<14} mutmut could not run, or a test fails where nothing is mutated")
            return 1
        status = _status(folder)
        status = {mutant: status[mutant] for mutant in chosen or status}
        alive = [mutant for mutant in status if status[mutant] in ("survived", "no tests")]
        lines = {mutant: _told(mutant, _ask(folder, "show", mutant)) for mutant in alive}
    if left := [mutant for mutant in status if status[mutant] in ("not checked", "interrupted")]:
        print(f"{name:<14} stopped before {len(left)} of {len(status)} mutants were tried")
        return 1
    strange = [mutant for mutant in alive if lines[mutant] not in listed]
    counts = [len(status), len(status) - len(alive), len(alive), len(strange)]
    print(ROW.format(name, *counts, f"{time.monotonic() - begun:.0f}"), flush=True)
    for mutant in strange:
        print(f"  {lines[mutant]}" + "  (no test runs it)" * (status[mutant] == "no tests"))
    return int(bool(strange))


def _tried(folder: str, processes: int, mutants: list[str]) -> bool:
    """Runs these mutants, or all if none is named. Returns: whether mutmut could."""
    command = [_mutmut(), "run", "--max-children", str(processes), *mutants]
    # Its progress is no part of the table.
    ran = subprocess.run(command, cwd=folder, env=os.environ | ENVIRONMENT, stdout=sys.stderr)
    return ran.returncode == 0


def _status(folder: str) -> dict[str, str]:
    """What became of each mutant, by name."""
    said = _ask(folder, "results", "--all", "true")
    return dict(re.findall(r"^ +(\S+): (.+)$", said, re.MULTILINE))


def _mutmut() -> str:
    return str(Path(sys.executable).with_name("mutmut"))


def _ask(folder: str, *question: str) -> str:
    answer = subprocess.run(
        [_mutmut(), *question], cwd=folder, capture_output=True, text=True, check=True
    )
    return answer.stdout


def _copy(folder: Path, room: Room) -> None:
    """The tracked files, with a configuration that mutates those of one room."""
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True)
    for name in filter(os.path.exists, tracked.stdout.splitlines()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, folder / name)
    with (folder / "conftest.py").open("a") as file:
        file.write(NOT_OWN)
    settings = {
        "source_paths": ["rnn_manual"],
        "only_mutate": room.files,
        "also_copy": ["conftest.py", "examples", "docs", "bench", "README.md"],
        "pytest_add_cli_args": [f"-pno:{plugin}" for plugin in UNUSED],
        "pytest_add_cli_args_test_selection": room.tests,
        # Each mutant is forked from a process in which torch is loaded and nothing has run.
        "process_isolation": "forkserver",
        "timeout_multiplier": 5.0,
    }
    with (folder / "pyproject.toml").open("a") as file:
        file.write("\n[tool.mutmut]\n")
        file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


def _told(mutant: str, shown: str) -> str:
    """`rnn_manual/ops.py relu: return np.maximum(x, 0) => return np.maximum(x, 1)`."""
    function = re.split(r"\.x_|\.xǁ", mutant)[-1].rpartition("__mutmut_")[0].replace("ǁ", ".")
    path = re.search(r"^--- (\S+)", shown, re.MULTILINE)
    before, after = (" ".join(_changed(shown, sign)) for sign in "-+")
    return f"{path[1] if path else '?'} {function}: {before} => {after}"


def _changed(shown: str, sign: str) -> Iterator[str]:
    for line in shown.splitlines():
        if line.startswith(sign) and not line.startswith(3 * sign):
            yield line[1:].strip()


if __name__ == "__main__":
    sys.exit(main())
