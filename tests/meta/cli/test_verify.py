"""The command line: what it prints, writes and returns, and how it takes bad input."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import select

ROOT = Path(__file__).parents[2]
ONE = ["-n0", "-k", "test_parity and [lstm-bi-T60-H32-gain10-f64]"]


def rnn_manual(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "rnn_manual", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def started(*arguments, cwd):
    """The command line, running: for tests that interrupt it."""
    return subprocess.Popen(
        [sys.executable, "-m", "rnn_manual", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A process started in the background of a shell ignores Ctrl-C, and so do those it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def write_candidate(folder, body):
    (folder / "mine.py").write_text(f"import torch\nfrom torch import nn\n{body}\n")
    return "mine:build"


def test_help_does_not_import_torch(tmp_path):
    """--help answers at once because it leaves torch alone."""
    code = (
        "import sys, rnn_manual.cli as c; c.parser().format_help(); print('torch' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"


def test_torch_agrees(tmp_path):
    """torch.nn passes: exit 0, the table, and a JSON report of the fixed form."""
    run = rnn_manual("verify", *ONE, "--json", "r.json", "--html", "r.html", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "torch.nn agrees with the loops" in run.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["candidate"] == "torch.nn"
    assert report["totals"] == {
        "identical": 2, "within": 0, "unsupported": 0, "differs": 0, "error": 0,
    }  # fmt: skip
    for case in report["cases"]:
        assert {"id", "kind", "features", "tensors", "verdict", "where", "diagnosis"} <= set(case)
        for tensor in case["tensors"].values():
            assert {"verdict", "error", "allowed"} <= set(tensor)
    assert "agrees with the loops" in (tmp_path / "r.html").read_text()


# Every sixth: each takes a run of its own, and test_mistakes.py puts all of them to all cases.
@pytest.mark.parametrize("name", list(MISTAKES)[::6])
def test_verify_fails_a_mistake(tmp_path, name):
    """Verify ends with exit 1 on a wrong candidate, and its JSON says which cases."""
    shown = select("quick", where=MISTAKES[name].shows, notes=None)
    plain = [case for case in shown if case.values == "usual" and case.gain == 1]
    case = next(case for case in plain if not case.random)
    k = f"test_the_layer_is_the_hand_written_loop and [{case.id}]"
    candidate = f"rnn_manual.mistakes:{name}"
    run = rnn_manual(
        "verify", "--candidate", candidate, "-n0", "-k", k, "--json", "r.json", cwd=tmp_path
    )
    assert run.returncode == 1, run.stdout + run.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    failed = [case for case in report["cases"] if case["verdict"] == "differs"]
    assert failed
    assert len(failed) == report["totals"]["differs"]
    assert f"candidate {candidate} disagrees" in run.stdout
    assert any(MISTAKES[name].sentence in (case["diagnosis"] or "") for case in failed)


ONE_GATE_WRONG = """
from rnn_manual.backprop import run_direction_backward
from rnn_manual.config import Config
from rnn_manual.candidates.by_hand import run_by_hand
from rnn_manual.weights import read_weights

def build(module):
    config, weights = Config.of(module), read_weights(module)

    def walk(*arguments, backward):
        d_rows, d_0, dw = run_direction_backward(*arguments, backward=backward)
        if arguments[2] is weights[-1][-1]:
            H = config.hidden_size
            dw.weight_hh[H : 2 * H] *= 2
        return d_rows, d_0, dw

    return lambda x, hx=None: run_by_hand(config, weights, x, hx, walk_backward=walk)
"""


def test_verify_names_the_gate_of_a_wrong_backward(tmp_path):
    """A backward wrong in one place fails with exit 1; parameter, place and gate rows are named."""
    candidate = write_candidate(tmp_path, ONE_GATE_WRONG)
    arguments = ["-n0", "-k", "hand_written_loop and [notes-D3-lstm-3layer-bi-T5-B3-I100-H4-f32]"]
    run = rnn_manual("verify", "--candidate", candidate, *arguments, cwd=tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    assert (
        "candidate mine:build disagrees with the loops on grad weight_hh_l2_reverse" in run.stdout
    )
    place = "layer 2, backward, gate f (rows 4..7) → grad weight_hh_l2_reverse["
    assert place in run.stdout
    assert "out, h_n, c_n agree" in run.stdout


FAULTS = {
    "declining everything": ("import rnn_manual.parity as p; raise p.Unsupported('all')",
                             "was not compared: it supports none of the cases"),
    "a wrong shape": ("return lambda x, hx=None: (module(x, hx)[0][..., :-1], module(x, hx)[1])",
                      "shape (60, 4, 63), expected (60, 4, 64)"),
    "NaN": ("return lambda x, hx=None: (module(x, hx)[0] * float('nan'), module(x, hx)[1])",
            "actual    nan"),
    "another dtype": ("return lambda x, hx=None: (module(x, hx)[0].float(), module(x, hx)[1])",
                      "dtype torch.float32, expected torch.float64"),
    "nothing": ("return lambda x, hx=None: None", "returned NoneType, expected (out, (h_n, c_n))"),
    "out alone": ("return lambda x, hx=None: module(x, hx)[0]", "returned a tensor of shape"),
    "an exception": ("return lambda x, hx=None: 1 / 0", "raised ZeroDivisionError"),
    "sys.exit": ("import sys; sys.exit(3)", "raised SystemExit: 3"),
    "os._exit": ("import os; os._exit(7)", "ended its process with exit code 7"),
    "a segmentation fault": ("return lambda x, hx=None: __import__('ctypes').string_at(0)",
                             "ended its process with exit code -11 (SIGSEGV)"),
    "an endless loop": ("while True: pass", "did not answer within 10 s"),
    "printing": ("print('x' * 100_000); return 1 / 0", "raised ZeroDivisionError"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_candidate_is_a_failed_case(tmp_path, fault):
    """What the candidate does wrong is a failed case in the table, in one line, with exit 1."""
    body, said = FAULTS[fault]
    candidate = write_candidate(tmp_path, f"def build(module):\n    {body}")
    run = rnn_manual("verify", "--candidate", candidate, "--limit", "10", *ONE, cwd=tmp_path)
    assert run.returncode == 1, run.stderr
    assert said in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_the_rest_goes_on_after_a_crash(tmp_path):
    """A case that kills its process is one failed case; those after it are judged as ever."""
    body = """
def build(module):
    if module.mode == "LSTM":
        import ctypes; ctypes.string_at(0)
    return module
"""
    candidate = write_candidate(tmp_path, body)
    k = "hand_written_loop and T60 and f64"
    run = rnn_manual("verify", "--candidate", candidate, "-k", k, "--json", "r.json", cwd=tmp_path)
    assert run.returncode == 1, run.stderr
    verdicts = {c["kind"]: c for c in json.loads((tmp_path / "r.json").read_text())["cases"]}
    assert verdicts["lstm"]["message"] == "ended its process with exit code -11 (SIGSEGV)"
    assert {verdicts[kind]["verdict"] for kind in ("rnn-tanh", "gru")} == {"identical"}


REFUSED = {
    "a module that is not there": (["--candidate", "nowhere:build"], "No module named 'nowhere'"),
    "a name that is not there": (["--candidate", "mine:nothing"], "mine has no 'nothing'"),
    "no colon": (
        ["--candidate", "mine"],
        "candidate must be MODULE:NAME, torch.nn or a mode of it, got 'mine'",
    ),
    "no function": (["--candidate", "mine:__name__"], "must be a class or a function, got str"),
    "a module that fails": (["--candidate", "broken:build"], "ValueError: broken inside"),
    "a module that exits": (["--candidate", "exits:build"], "SystemExit"),
    "a device nobody has": (["--device", "abacus"], "device 'abacus' cannot be used"),
    "a device without numbers": (["--device", "meta"], "device 'meta' cannot be used"),
    "another dtype": (["--dtype", "int7"], "invalid choice: 'int7'"),
    "another kind": (["--kind", "gnu"], "invalid choice: 'gnu'"),
    "another level": (["--level", "most"], "invalid choice: 'most'"),
    "no such case": (["-n0", "-k", "nonesuch"], "no test matches: -k 'nonesuch'"),
    "half an expression": (["-n0", "-k", "a and"], "Wrong expression passed to '-k': a and"),
    "a folder that is not there": (["--json", "no/where.json"], "cannot write no/where.json"),
    "minus one worker": (["-n", "-1"], "expected a whole number, 0 or more, got '-1'"),
    "no time at all": (["--limit", "0"], "expected a number of seconds above 0, got '0'"),
    "a seed below zero": (["--seed", "-1"], "expected a whole number, 0 or more, got '-1'"),
    "a folder for a file": (["--json", "."], "cannot write '.': expected the name of a file"),
    "no name for a file": (["--html", ""], "cannot write '': expected the name of a file"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_wrong_usage_is_one_line_and_exit_2(tmp_path, what):
    """Wrong usage gives one clear line, no traceback, exit 2."""
    write_candidate(tmp_path, "build = nn.Identity")
    (tmp_path / "broken.py").write_text("raise ValueError('broken inside')")
    (tmp_path / "exits.py").write_text("raise SystemExit(0)")
    arguments, said = REFUSED[what]
    run = rnn_manual("verify", *arguments, cwd=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert said in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".json"] == []


def test_an_interrupted_run_leaves_no_half_report(tmp_path):
    """Ctrl-C leaves the old report as it was, says so in one line, and shows no traceback."""
    (tmp_path / "r.json").write_text("the one before")
    process = started("verify", "-n0", "--json", "r.json", cwd=tmp_path)
    time.sleep(12)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "rnn-manual: interrupted; no report was written"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
    assert (tmp_path / "r.json").read_text() == "the one before"


def test_the_folder_it_runs_in_has_no_say(tmp_path):
    """Verify runs in a project with pytest settings, conftest and tests of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    run = rnn_manual("verify", *ONE, cwd=tmp_path, PYTEST_ADDOPTS="--nonsense")
    assert run.returncode == 0, run.stderr


def test_claims_lists_every_claim(tmp_path):
    """`claims` names A1 to E5, F2 and M1 to M7: sentence, formula, test, number of cases."""
    run = rnn_manual("claims", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    listed = set(re.findall(r"^[A-Z]\d\b", run.stdout, re.MULTILINE))
    counts = {"A": 8, "B": 3, "C": 5, "D": 5, "E": 5, "M": 7}
    named = {f"{family}{i + 1}" for family, n in counts.items() for i in range(n)}
    assert listed == named | {"F2"}
    assert " 0 cases" not in run.stdout


@pytest.mark.parametrize("columns", ["60", "200"])
def test_the_table_fits_its_terminal(tmp_path, columns):
    """No line of the table is wider than the terminal."""
    run = rnn_manual("verify", *ONE, cwd=tmp_path, COLUMNS=columns)
    table = run.stdout.partition("cases  ")[2].partition("identical ")[0]
    assert max(map(len, table.splitlines()), default=0) <= int(columns)
