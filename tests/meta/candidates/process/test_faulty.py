"""What a candidate does wrong is told in its own process's words, and the run goes on."""

import pytest

from rnn_manual.candidates.process import dispatch
from rnn_manual.cases.options import case_of
from rnn_manual.parity import Verdict, check
from tests.meta.candidates.process import faulty

CASE = case_of(equations="lstm", dtype="float64")
# What is said, and the candidate's own line, where one raised, crashed or hung.
SAID = {
    faulty.declines_everything: ("declines: all of it", ""),
    faulty.cuts_the_last_unit: ("shape (7, 4, 4), expected (7, 4, 5)", ""),
    faulty.gives_nan: ("actual    nan", ""),
    faulty.narrows: ("dtype torch.float32, expected torch.float64", ""),
    faulty.returns_nothing: ("returned None, expected (out, (h_n, c_n))", ""),
    faulty.returns_out_alone: ("returned a tensor, expected (out, (h_n, c_n))", ""),
    faulty.raises: ("raised ZeroDivisionError: division by zero", "1 / 0"),
    faulty.calls_sys_exit: ("raised SystemExit: 3", "sys.exit(3)"),
    faulty.exits: ("ended its process with exit code 7", ""),
    faulty.crashes: ("ended its process with exit code -11 (SIGSEGV)", "ctypes.string_at(0)"),
    faulty.prints_and_raises: ("raised ZeroDivisionError", "1 / 0"),
}


@pytest.mark.parametrize("candidate", SAID, ids=lambda candidate: candidate.__name__)
def test_what_it_does_wrong_is_said(candidate):
    """In the report's first lines: what was wrong, and the candidate's own line."""
    said, line = SAID[candidate]
    comparison = check(f"{faulty.__name__}:{candidate.__name__}", CASE)
    expected = Verdict.UNSUPPORTED if candidate is faulty.declines_everything else None
    assert comparison.verdict == expected or comparison.verdict.fails
    assert said in str(comparison)
    assert "Traceback" not in str(comparison)
    at = [text for text in str(comparison).splitlines() if text.startswith("at ")]
    assert bool(at) == bool(line)
    assert all("faulty.py:" in text and line in text for text in at)


def test_what_it_printed_is_kept():
    """The end of what a candidate wrote stands in its report."""
    comparison = check(f"{faulty.__name__}:prints_and_raises", CASE)
    assert "x the end" in str(comparison)
    assert len(str(comparison)) < 5000


def test_what_comes_after_a_crash_is_judged():
    """A candidate that ended its process is one failed case; the next has a new process."""
    assert check(f"{faulty.__name__}:exits", CASE).verdict == Verdict.ERROR
    assert check(f"{faulty.__name__}:raises", CASE).message.startswith("raised ZeroDivision")


def test_a_hang_is_ended(monkeypatch):
    """What does not answer in time is an error that says so."""
    monkeypatch.setattr(dispatch, "_limit", 2.0)
    comparison = check(f"{faulty.__name__}:hangs", CASE)
    assert comparison.message == "did not answer within 2 s"
