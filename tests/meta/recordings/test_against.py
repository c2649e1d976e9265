"""How `verify --against` ends, by what a recording says."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from rnn_manual.cli import main
from rnn_manual.cli.verify import command
from rnn_manual.cli.verify.known import Known
from rnn_manual.judge.report.environment import environment

CASE = {
    "id": "a", "kind": "gru", "mode": "", "features": [], "sizes": {"T": 7}, "tensors": {},
    "verdict": "identical", "message": None, "diagnosis": None, "report": None, "line": "",
    "printed": "",
}  # fmt: skip


def with_drift(verdict, ulp):
    return {"drift": {"verdict": verdict, "without_numbers": False, "ulp": ulp}}


@pytest.mark.parametrize(
    ("case", "said", "code", "told"),
    [
        ({}, "passed", 2, "none of the cases is in the recording"),
        (with_drift("identical", 0), "passed", 0, "agrees with the loops"),
        (with_drift("differs", 9), "failed", 1, "differs from the recording"),
    ],
)
def test_what_is_said_of_a_run(monkeypatch, capsys, case, said, code, told):
    """What a recording says decides, whatever words a failure has; with no case in it, nothing."""

    def run_suite(arguments, watch):
        report = SimpleNamespace(
            when="call",
            outcome=said,
            failed=said == "failed",
            nodeid="a::b",
            longrepr=None,
            longreprtext="some words",
            rnn_manual_case=json.dumps(CASE | case),
        )
        watch.pytest_runtest_logreport(report)
        return int(report.failed)

    known = SimpleNamespace(known=Known(environment(), []))
    monkeypatch.setattr(command, "Preflight", lambda *_: nullcontext(known))
    monkeypatch.setattr(command, "run_suite", run_suite)
    assert main(["verify", "--against", "a"]) == code
    assert told in "".join(capsys.readouterr())
