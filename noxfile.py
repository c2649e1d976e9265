"""Across torch versions: `nox -s parity` records each of them, `nox -s drift` compares these.

`nox -s parity -- 2.13.0 2.14.1` picks versions. A recording that is there already is kept. The
environment that a version was installed in is deleted when its recording is done, unless `--keep`
is given too: on Linux x86 each takes up to 5 GB, for pip's wheels bring CUDA along. CONTRIBUTING.md
says how to point pip at CPU wheels. `nox` alone lists the sessions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed
from packaging.version import InvalidVersion, Version

# The oldest that there are wheels of for Python 3.11, the newest, and between them those that
# brought another implementation of something that the suite runs.
VERSIONS = ["1.13.1", "2.0.1", "2.6.0", "2.9.1", "2.12.1", "2.13.0", "2.14.1"]
RECORDINGS, ENVIRONMENTS = Path("recordings"), Path(".nox")
FINDINGS, PAGE = Path("docs/drift-findings.md"), Path("docs/drift.md")

NO_WHEEL = "No matching distribution found for torch"  # pip, where there is none of a version

nox.options.sessions = []


@nox.session(venv_backend="none")
def parity(session: nox.Session) -> None:
    """Records what each torch version computes, one environment after the other."""
    keep = "--keep" in session.posargs
    asked = [word for word in session.posargs if not word.startswith("-")] or VERSIONS
    unknown = [word for word in session.posargs if word.startswith("-") and word != "--keep"]
    if unknown:
        session.error(f"expected torch versions and --keep, got {' '.join(unknown)}")
    if wrong := [version for version in asked if _version(version) is None]:
        session.error(f"expected torch versions, as 2.13.0, got {' '.join(wrong)}")
    RECORDINGS.mkdir(exist_ok=True)
    failed = [version for version in asked if not _recorded(session, version, keep)]
    if failed:
        session.error(f"no recording of torch {', '.join(failed)}: their output says why")


def _recorded(session: nox.Session, version: str, keep: bool) -> bool:
    """Records one version, or notes why it was skipped; False if it could not be recorded."""
    folder = RECORDINGS / version
    if (folder / "recording.json").is_file():
        session.log(f"torch {version}: {folder} is there already; delete it to record anew")
        return True
    shutil.rmtree(folder, ignore_errors=True)  # the note of why it was skipped last time
    environment = ENVIRONMENTS / f"torch-{version}"
    try:
        session.log(f"torch {version}: installing, some minutes")
        reason = _install(version, environment)
        if reason.startswith(NO_WHEEL):
            session.warn(f"torch {version}: skipped: {reason}")
            folder.mkdir()
            (folder / "skipped.txt").write_text(f"{reason}\n", encoding="utf-8")
            return True
        if reason:
            session.warn(f"torch {version}: not installed: {reason}")
            return False
        session.log(f"torch {version}: recording")
        command = [environment / "bin" / "rnn-manual", "record", folder]
        session.run(*map(str, command), external=True, success_codes=[0, 1])  # 1: a finding
        return (folder / "recording.json").is_file()
    except (CommandFailed, subprocess.CalledProcessError, OSError) as error:
        session.warn(f"torch {version}: {error}")  # the other versions have their turn all the same
        return False
    finally:
        if not keep:
            shutil.rmtree(environment, ignore_errors=True)


def _install(version: str, environment: Path) -> str:
    """Makes an environment with that torch. Returns: why it could not; empty if it could."""
    subprocess.run([_python(), "-m", "venv", "--clear", environment], check=True)
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-cache-dir"]
    # Wheels of before 2.3 were built for NumPy 1, and nothing in them says so.
    numpy = ["numpy<2"] if Version(version).release < (2, 3) else []
    done = subprocess.run([*pip, f"torch=={version}", *numpy, "-e", "."], stderr=subprocess.PIPE)
    if done.returncode == 0:
        return ""
    errors = done.stderr.decode(errors="replace").splitlines()
    said = [line.removeprefix("ERROR: ") for line in errors if line.startswith("ERROR")]
    missing = [line for line in said if line.startswith(NO_WHEEL)]
    return (missing or said or errors or ["pip failed"])[-1]


def _version(name: str) -> Version | None:
    try:
        return Version(name)
    except InvalidVersion:
        return None


def _python() -> str:
    """Python 3.11, for which there are wheels of every version; or else the one that runs nox."""
    return shutil.which("python3.11") or sys.executable


@nox.session
def drift(session: nox.Session) -> None:
    """Compares the recordings in order of version: docs/drift.md, and recordings/drift.html."""
    versions = [path.name for path in RECORDINGS.glob("*") if path.is_dir() and _version(path.name)]
    found = [RECORDINGS / name for name in sorted(versions, key=Version)]
    if len(found) < 2:
        session.error("fewer than two recordings: run nox -s parity first")
    session.install("numpy", "rich")  # comparing needs no torch
    session.install("--no-deps", "-e", ".")
    table, page = RECORDINGS / "drift.md", RECORDINGS / "drift.html"
    command = ["rnn-manual", "compare", *map(str, found), "--html", str(page)]
    session.run(*command, "--markdown", str(table), success_codes=[0, 1])
    words = FINDINGS.read_text(encoding="utf-8") if FINDINGS.is_file() else "# Drift\n"
    PAGE.write_text(f"{words.rstrip()}\n\n{table.read_text(encoding='utf-8')}", encoding="utf-8")
    session.log(f"wrote {PAGE}, and {os.fspath(page)} beside the recordings")
