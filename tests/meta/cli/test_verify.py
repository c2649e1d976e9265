"""The command line: what it prints, writes and returns, and how it takes bad input."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest

from rnn_manual.cases.options import is_telling
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import select
from tests.meta.cli.command import ONE, ROOT, rnn_manual, started


def write_candidate(folder, body):
    (folder / "mine.py").write_text(f"import torch\nfrom torch import nn\n{body}\n")
    return "mine:build"


@pytest.mark.parametrize(
    "code",
    [
        "import rnn_manual.cli as c; c.parser().format_help()",
        "import rnn_manual.cli.verify.command",
    ],
)
def test_what_does_not_need_torch_does_not_load_it(code):
    """--help answers at once, and what starts the workers, which load it, starts them at once."""
    code += "; import sys; print('torch' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"


def test_the_level_is_told(tmp_path):
    """At quick the last line says that there are few cases, and the report which level it was."""
    k = ["-k", "hand_written_loop and [lstm-f32]"]
    run = rnn_manual("verify", "-n0", "--level", "quick", *k, "--json", "r.json", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].endswith("the loops at level quick, which has few cases")
    assert json.loads((tmp_path / "r.json").read_text())["level"] == "quick"


def test_torch_agrees(tmp_path):
    """torch.nn passes: exit 0, the table, and a JSON report of the fixed form."""
    k = ["-k", "test_parity and [lstm-f64]"]  # the numbers, and the bits
    run = rnn_manual("verify", "-n0", *k, "--json", "r.json", "--html", "r.html", cwd=tmp_path)
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


# A few: each takes a run of its own, and test_mistakes.py puts all of them to all cases.
@pytest.mark.parametrize("name", ["gates_f_g_exchanged", "g_derivative_of_sigmoid"])
def test_verify_fails_a_mistake(tmp_path, name):
    """Verify ends with exit 1 on a wrong candidate, and its JSON says which cases."""
    case = next(c for c in select(where=MISTAKES[name].shows) if is_telling(c))
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


def test_a_claim_that_fails_is_told_with_the_command_that_runs_it_again(tmp_path):
    """Its sentence, what was found, and -k, which takes a claim's test alone."""
    body = """
def build(module):
    def layer(input, hx=None):
        out, (h_n, c_n) = module(input, hx)
        return out, (h_n.flip(0), c_n)
    return layer
"""
    candidate = write_candidate(tmp_path, body)
    test = "test_the_two_directions_end_at_opposite_ends[notes-D3-lstm-3layer-bi-T5-B3-I100-H4-f32]"
    arguments = ["--candidate", candidate, "--kind", "lstm"]
    run = rnn_manual("verify", *arguments, "-n0", "-k", test, cwd=tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    again = f'rnn-manual verify {" ".join(arguments)} -k "{test}"'
    claim, found, *_ = run.stdout.split(test)[1].strip().splitlines()
    assert claim.startswith("claim     D3: Forward ends at out[-1, …, :H] = h_n[-2], backward")
    assert found.startswith("found     out[-1, …, :H] and h_n[-2]: 12 of 12 elements differ, the ")
    assert f"\nagain     {again}\n" in run.stdout
    assert run.stdout.endswith(f"{candidate} fails claim D3\n")


def test_the_rest_goes_on_after_a_crash(tmp_path):
    """A case that kills its process is one failed case; those after it are judged as ever."""
    body = """
def build(module):
    if module.mode == "LSTM":
        import ctypes; ctypes.string_at(0)
    return module
"""
    candidate = write_candidate(tmp_path, body)
    k = "hand_written_loop and ([rnn-f64] or [lstm-f64] or [gru-f64])"
    run = rnn_manual(
        "verify", "--candidate", candidate, "-n0", "-k", k, "--json", "r.json", cwd=tmp_path
    )
    assert run.returncode == 1, run.stderr
    verdicts = {c["kind"]: c for c in json.loads((tmp_path / "r.json").read_text())["cases"]}
    assert verdicts["lstm"]["message"] == "ended its process with exit code -11 (SIGSEGV)"
    assert {verdicts[kind]["verdict"] for kind in ("rnn-tanh", "gru")} == {"identical"}


def test_an_interrupted_run_leaves_no_half_report(tmp_path):
    """Ctrl-C leaves the old report as it was, says so in one line, and shows no traceback."""
    (tmp_path / "r.json").write_text("the one before")
    begins = (
        "import pathlib\n\ndef build(module):\n    pathlib.Path('begun').touch()\n    return module"
    )
    arguments = ["--candidate", write_candidate(tmp_path, begins), "-k", "hand_written_loop"]
    process = started("verify", "-n0", "--json", "r.json", *arguments, cwd=tmp_path)
    until = time.monotonic() + 120
    while not (tmp_path / "begun").exists() and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "rnn-manual: interrupted; no report was written"
    there = {p.name for p in tmp_path.iterdir()} - {"__pycache__"}
    assert there == {"r.json", "mine.py", "begun"}
    assert (tmp_path / "r.json").read_text() == "the one before"


def test_the_folder_it_runs_in_has_no_say(tmp_path):
    """Verify runs in a project with pytest settings, conftest and tests of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    run = rnn_manual("verify", *ONE, cwd=tmp_path, PYTEST_ADDOPTS="--nonsense")
    assert run.returncode == 0, run.stderr


def test_claims_lists_every_claim(tmp_path):
    """`claims` names each from A1 to N3: its sentence, formula, test and number of cases."""
    run = rnn_manual("claims", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    listed = set(re.findall(r"^[A-Z]\d\b", run.stdout, re.MULTILINE))
    counts = {"A": 8, "B": 4, "C": 5, "D": 5, "E": 5, "G": 4, "M": 7, "N": 3}
    named = {f"{family}{i + 1}" for family, n in counts.items() for i in range(n)}
    assert listed == named | {"F2"}
    assert " 0 cases" not in run.stdout


@pytest.mark.parametrize("columns", ["60", "200"])
def test_the_table_fits_its_terminal(tmp_path, columns):
    """No line of the table is wider than the terminal."""
    run = rnn_manual("verify", *ONE, cwd=tmp_path, COLUMNS=columns)
    table = run.stdout.partition("cases  ")[2].partition("identical ")[0]
    assert max(map(len, table.splitlines()), default=0) <= int(columns)
