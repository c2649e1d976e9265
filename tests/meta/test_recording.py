"""Recordings come back as they were written, whole or not at all, and the same every time."""

import hashlib
import io
import json

import numpy as np
import pytest

from rnn_manual.cli import main
from rnn_manual.parity import recording as r
from rnn_manual.usage import DTYPES
from tests.meta.test_verify import rnn_manual

VALUES = {
    "float32": np.array([[1.5, -0.0], [np.nan, np.inf]], np.float32),
    "float64": np.array([np.pi, 5e-324, -0.0]),
    "float16": np.array([0.1, 6e-8], np.float16),
    # Every bfloat16 is a float32 whose lower half is zero.
    "bfloat16": (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32),
}


def recorded(dtype="float32", values=None, mode="", **run):
    """A recording of one run."""
    values = VALUES[dtype] if values is None else values
    fields = {"dtype": dtype, "seq_len": 2}
    numbers = {"input": values, "batch_sizes": np.array([2, 1])}
    case = r.RecordedCase(fields, "lstm", [dtype], numbers, {"out": np.full(values.shape, 1e-6)})
    tensors = {"out": r.Tensor("identical", "", values), "grad input": r.Tensor("unsupported", "x")}
    run = {"verdict": "identical", "tensors": tensors} | run
    found = r.Recording({"environment": {"torch": "1.0"}})
    found.add("case", case, r.Run("case", mode, **run))
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_recording_comes_back_as_it_was(tmp_path, dtype):
    """Every bit of every format, NaN and the signs of zeros included, and every word."""
    before = recorded(dtype, message="said")
    r.save(before, tmp_path / "a")
    after = r.load(tmp_path / "a")
    assert after.about == before.about
    assert after.runs.keys() == before.runs.keys()
    for a, b in zip(before.runs.values(), after.runs.values(), strict=True):
        assert (a.verdict, a.message) == (b.verdict, b.message)
        assert a.tensors["grad input"] == b.tensors["grad input"]
        x, y = a.tensors["out"].values, b.tensors["out"].values
        assert (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
    case = after.cases["case"]
    assert case.numbers["input"].tobytes() == VALUES[dtype].tobytes()
    assert case.numbers["batch_sizes"].tolist() == [2, 1]
    assert case.fields == before.cases["case"].fields


def test_what_is_equal_is_kept_once(tmp_path):
    """A mode that gives the same bits takes no more numbers."""
    one, two = recorded(), recorded()
    two.runs |= recorded(mode="twice").runs
    r.save(one, tmp_path / "one")
    r.save(two, tmp_path / "two")
    sizes = [(tmp_path / name / r.ARRAYS).stat().st_size for name in ("one", "two")]
    assert sizes[0] == sizes[1]


def test_nothing_is_overwritten(tmp_path):
    """A folder that is there already stays as it is."""
    (tmp_path / "a").mkdir()
    with pytest.raises(FileExistsError):
        r.save(recorded(), tmp_path / "a")
    assert main(["record", str(tmp_path / "a")]) == 2
    assert list((tmp_path / "a").iterdir()) == []


def test_an_interrupted_recording_leaves_nothing(tmp_path, monkeypatch):
    """Where writing ends half way, there is no recording, nor a part of one."""

    def interrupted(*arguments, **words):
        raise KeyboardInterrupt

    monkeypatch.setattr(r.json, "dumps", interrupted)
    with pytest.raises(KeyboardInterrupt):
        r.save(recorded(), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def rewritten(folder, **changes):
    """Some words of the JSON replaced."""
    whole = json.loads((folder / r.JSON).read_text())
    (folder / r.JSON).write_text(json.dumps(whole | changes))


def with_arrays(folder, **arrays):
    """Other arrays, and the JSON none the wiser."""
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    (folder / r.ARRAYS).write_bytes(packed.getvalue())
    rewritten(folder, sha256=hashlib.sha256(packed.getvalue()).hexdigest())


def cut(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])


DAMAGES = {
    "no folder": (lambda f: [p.unlink() for p in f.iterdir()], "has no recording.json"),
    "no arrays": (lambda f: (f / r.ARRAYS).unlink(), "has no arrays.npz"),
    "arrays cut off": (lambda f: cut(f, r.ARRAYS), "is damaged, or of another recording"),
    "JSON cut off": (lambda f: cut(f, r.JSON), "recording.json is damaged"),
    "JSON of something else": (lambda f: (f / r.JSON).write_text("[1]"), "is damaged"),
    "another format": (lambda f: rewritten(f, format=99), "format 99, expected 1"),
    "cases missing": (lambda f: rewritten(f, cases={}), "is damaged: 'case'"),
    "no runs": (lambda f: rewritten(f, runs=3), "is damaged"),
    "too few numbers": (
        lambda f: with_arrays(f, float32=np.zeros(1, "f4"), int64=np.zeros(9, int)),
        "its numbers are not all there",
    ),
    "pickled": (
        lambda f: with_arrays(f, float32=np.array([{}], object), int64=np.zeros(9, int)),
        "allow_pickle=False",
    ),
    "no zip at all": (lambda f: with_no_zip(f), "is damaged"),
}


def with_no_zip(folder):
    (folder / r.ARRAYS).write_bytes(b"PK")
    rewritten(folder, sha256=hashlib.sha256(b"PK").hexdigest())


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_recording_is_refused(tmp_path, capsys, damage):
    """Whatever is wrong with a recording is told in one line, with exit 2."""
    harm, said = DAMAGES[damage]
    for name in ("good", "bad"):
        r.save(recorded(), tmp_path / name)
    harm(tmp_path / "bad")
    with pytest.raises(r.Unreadable, match=said):
        r.load(tmp_path / "bad")
    assert main(["compare", str(tmp_path / "good"), str(tmp_path / "bad")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


K = ["-k", "[lstm-bf16] or [lstm-f32] or [rnn-f64] or (deepcopy and f32) or (vmap and rnn-relu)"]


def test_two_recordings_are_the_same_byte_for_byte(tmp_path):
    """All that a run gave, by one process or by two, is the same every time, but for the date."""
    for folder, workers in (("a", "-n0"), ("b", "-n2")):
        run = rnn_manual("record", folder, workers, *K, cwd=tmp_path)
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"recorded in {folder}" in run.stdout
    a, b = tmp_path / "a", tmp_path / "b"
    assert (a / r.ARRAYS).read_bytes() == (b / r.ARRAYS).read_bytes()
    texts = [json.loads((folder / r.JSON).read_text()) for folder in (a, b)]
    for text in texts:
        del text["about"]["date"]
    assert texts[0] == texts[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    modes = {mode for mode, _ in r.load(a).runs}
    assert modes == {"", "bit for bit", "deepcopy", "vmap"}


def test_a_recording_has_what_the_case_has(tmp_path):
    """Weights, input, states, cotangents, results, gradients: by name, each in its own format."""
    assert rnn_manual("record", "a", "-n0", *K, cwd=tmp_path).returncode == 0
    found = r.load(tmp_path / "a")
    case, run = found.cases["lstm-f32"], found.runs["", "lstm-f32"]
    names = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "input", "h_0", "c_0"}
    assert case.numbers.keys() == names | {"d out", "d h_n", "d c_n"}
    assert run.tensors.keys() == {"out", "h_n", "c_n"} | {f"grad {name}" for name in names}
    assert case.allowed.keys() == run.tensors.keys()
    declined = [run for (mode, _), run in found.runs.items() if mode == "vmap"]
    assert {run.verdict for run in declined} == {"unsupported"}
    assert all(run.message for run in declined)


def test_a_run_that_is_not_finished_is_not_recorded(tmp_path):
    """Where the candidate's worker is lost, or the run stopped, there is no recording."""
    (tmp_path / "mine.py").write_text(
        "import os\n\ndef build(module):\n    if os.environ.get('PYTEST_XDIST_WORKER') == 'gw1':\n"
        "        os.kill(os.getppid(), 9)\n    return module\n"
    )
    arguments = ["--candidate", "mine:build", "-n2", "-k", "hand_written_loop and f16"]
    run = rnn_manual("record", "a", *arguments, cwd=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert "nothing was recorded in a: " in run.stderr
    assert [path.name for path in tmp_path.iterdir() if "a" in path.name] == []
