"""What of a run is written down, and what that is held against."""

from dataclasses import replace

import pytest

from rnn_manual.config import Config
from rnn_manual.parity import Case, check
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from rnn_manual.recordings.against import Against
from rnn_manual.recordings.recorded import recorded_case, recorded_numbers, recorded_run


def test_a_case_with_other_numbers_is_not_compared(tmp_path):
    """Whatever a test hands in, under the name of a case that was recorded."""
    now = check(lambda module: module, Case(Config("rnn", 1, 2), 2, 1))
    found = r.Recording({"environment": {"torch": "1.0"}, "seed": 0})
    found.add(now.case.id, recorded_case(now), recorded_run(now))
    store.save(found, tmp_path / "a")
    against = Against(tmp_path / "a")
    assert against.drift(now).verdict == "identical"
    other = check(lambda module: module, replace(now.case, seed=1))
    with pytest.raises(r.Unreadable, match="ran on other numbers"):
        against.drift(other)


def test_what_is_said_lasts():
    """Addresses, processes, temporary files, versions of torch: none of them is written down."""

    def failing(module):
        raise ValueError("torch 2.13.0+cpu, pid 77, /tmp/x1/y.so at 0x7fab: \ud800")

    run = recorded_run(check(failing, Case(Config("rnn", 1, 2), 2, 1)))
    assert run.message == ("raised ValueError: torch, pid …, a temporary file at 0x…: ?")


def test_a_format_without_kernels_has_no_masks(monkeypatch):
    """Float16 with dropout under torch 1.13, which draws no mask in it: recorded, without masks."""
    case = Case(Config("gru", 1, 2, num_layers=2, dropout=0.5), 2, 1, dtype="float16")
    assert "mask 0" in recorded_numbers(case)
    monkeypatch.setattr("rnn_manual.recordings.recorded.lacking", lambda *_: "no float16")

    def refuses(*_):
        raise RuntimeError("\"bernoulli_scalar_cpu_\" not implemented for 'Half'")

    monkeypatch.setattr("rnn_manual.recordings.recorded.dropout_masks", refuses)
    assert "mask 0" not in recorded_numbers(case)
