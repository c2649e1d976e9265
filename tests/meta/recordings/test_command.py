"""What `record` writes is the same every time, and `verify --against` reads it."""

import signal
import time

import numpy as np
import pytest

from rnn_manual.candidates.process.dispatch import REPRODUCIBLE
from rnn_manual.cli import main
from rnn_manual.recordings import store
from tests.meta.cli.command import rnn_manual, started
from tests.meta.recordings.small import same_but_for_the_date


def test_a_name_is_asked_for(tmp_path, capsys, monkeypatch):
    """An empty name, as of a variable that is not set, is no name and no default."""
    monkeypatch.chdir(tmp_path)
    for words in (["record", ""], ["verify", "--against", ""]):
        assert main([*words, "-n0"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "'': expected the name of a folder" in line
    assert [p.name for p in tmp_path.iterdir() if p.name != "__pycache__"] == []


K = ["-k", "[lstm-bf16] or [lstm-f32] or [rnn-f64] or (deepcopy and f32) or (vmap and rnn-relu)"]


def recorded(folder, name, *words, **environment):
    """Records a few cases under a name, and returns where."""
    run = rnn_manual("record", name, *words, *K, cwd=folder, **environment)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"recorded in {name}" in run.stdout
    return folder / name


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """The folder of a recording, made by one process."""
    return recorded(tmp_path_factory.mktemp("once"), "a", "-n0", **REPRODUCIBLE)


def test_two_recordings_are_the_same_byte_for_byte(recording, tmp_path):
    """All that a run gave, by one process or by two, is the same every time, but for the date."""
    again = recorded(tmp_path, "b", "-n2", **REPRODUCIBLE)
    same_but_for_the_date(recording, again)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    modes = {mode for mode, _ in store.load(recording).runs}
    assert modes == {"", "bit for bit", "deepcopy", "vmap"}


def test_a_recording_has_what_the_case_has(recording):
    """Weights, input, states, cotangents, results, gradients: by name, each in its own format."""
    found = store.load(recording)
    case, run = found.cases["lstm-f32"], found.runs["", "lstm-f32"]
    names = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "input", "h_0", "c_0"}
    assert case.numbers.keys() == names | {"d out", "d h_n", "d c_n"}
    assert run.tensors.keys() == {"out", "h_n", "c_n"} | {f"grad {name}" for name in names}
    assert case.allowed.keys() == run.tensors.keys()
    declined = [run for (mode, _), run in found.runs.items() if mode == "vmap"]
    assert {run.verdict for run in declined} == {"unsupported"}
    assert all(run.message for run in declined)


def test_against_asks_for_the_same_numbers(recording, tmp_path, capsys):
    """Another seed, or a case that there is none of here, is told at once, in one line."""
    assert main(["verify", "--against", str(recording), "--seed", "1", "-n0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the two ran on other numbers: bias_hh_l0 of " in line
    for change in ({"colour": "red"}, {"seq_len": "many"}):
        then = store.load(recording)
        then.cases["lstm-f32"].fields.update(change)
        store.save(then, tmp_path / next(iter(change)))
        assert main(["verify", "--against", str(tmp_path / next(iter(change))), "-n0"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "no such case as lstm-f32 here" in line


def test_held_against_a_recording(recording, tmp_path):
    """Verify fails against what differs from it, and says what drifted and what is the same."""
    then = store.load(recording)
    then.runs["", "lstm-f32"].tensors["out"].values.flat[0] += 0.25
    near = then.runs["", "rnn-f64"].tensors["out"].values
    near.flat[0] = np.nextafter(near.flat[0], 9)
    store.save(then, tmp_path / "b")
    k = ["-n0", "-k", "hand_written_loop and ([lstm-f32] or [rnn-f64] or lstm-bf16] or [gru-f32])"]
    run = rnn_manual("verify", "--against", "b", *k, cwd=tmp_path)
    assert run.returncode == 1, run.stdout
    assert "differs from the recording: lstm-f32: differs, out by" in run.stdout
    assert "against   1 identical, 1 drift, 1 differs" in run.stdout
    assert "; 3 of the same formula; 1 are not in the recording" in run.stdout
    assert "torch.nn differs from the recording, and agrees with the loops" in run.stdout


def test_a_run_that_is_not_finished_is_not_recorded(tmp_path):
    """Where the candidate's worker is lost, there is no recording."""
    (tmp_path / "mine.py").write_text(
        "import os\n\ndef build(module):\n    if os.environ.get('PYTEST_XDIST_WORKER') == 'gw1':\n"
        "        os.kill(os.getppid(), 9)\n    return module\n"
    )
    few = "hand_written_loop and ([lstm-f32] or [rnn-f32] or [gru-f32] or [lstm-f64])"
    run = rnn_manual("record", "a", "--candidate", "mine:build", "-n2", "-k", few, cwd=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert "nothing was recorded in a: " in run.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"mine.py", "__pycache__"}


def test_ctrl_c_leaves_nothing(tmp_path):
    """An interrupted run says so, with exit 130, and there is neither a recording nor a part."""
    process = started("record", "a", "-n2", *K, cwd=tmp_path)
    until = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.1)  # until the workers are started, which are told of a folder for their parts
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip() == "rnn-manual: interrupted; no report was written"
    assert [p.name for p in tmp_path.iterdir() if p.name != "__pycache__"] == []
