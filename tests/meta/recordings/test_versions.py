"""One recording for each version of torch."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.meta.cli.command import ROOT


def test_a_version_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    """Where there is no wheel it is skipped; whatever else goes wrong, the next has its turn."""
    nox = pytest.importorskip("nox")
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    noxfile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(noxfile)
    monkeypatch.chdir(tmp_path)
    pip = {
        "1.0": "No matching distribution found for torch==1.0",
        "2.0": "No space left on device",
        "2.15.0rc1": "",
        "2.9": "",
    }
    monkeypatch.setattr(noxfile, "_install", lambda version, environment: pip[version])
    asked = []

    def run(*command, **options):
        asked.append(command[-1])
        if "rc" in command[-1]:
            raise nox.command.CommandFailed("exit 2")
        Path(command[-1]).mkdir()
        (Path(command[-1]) / "recording.json").touch()

    def error(message):
        raise RuntimeError(message)

    ignored = {name: lambda message: None for name in ("log", "warn")}
    session = SimpleNamespace(posargs=[*pip], run=run, error=error, **ignored)
    with pytest.raises(RuntimeError, match=r"no recording of torch 2\.0, 2\.15\.0rc1:"):
        noxfile.parity.func(session)
    assert asked == ["recordings/2.15.0rc1", "recordings/2.9"]
    made = sorted(str(path) for path in Path("recordings").rglob("*.*") if path.is_file())
    assert made == ["recordings/1.0/skipped.txt", "recordings/2.9/recording.json"]
