"""Recordings come back as they were written, whole or not at all, and the same every time."""

import hashlib
import io
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rnn_manual.candidates.process.dispatch import REPRODUCIBLE
from rnn_manual.cli import main
from rnn_manual.config import Config
from rnn_manual.parity import Case, check
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from rnn_manual.recordings.against import Against
from rnn_manual.recordings.recorded import recorded_case, recorded_numbers, recorded_run
from rnn_manual.usage import DTYPES
from tests.meta.cli.command import rnn_manual, started

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
    limits = {"out": np.full(values.shape, 1e-6)}
    case = r.RecordedCase(fields, "lstm", [dtype], numbers, limits)
    tensors = {"out": r.Tensor("identical", "", values), "grad input": r.Tensor("unsupported", "x")}
    run = {"verdict": "identical", "tensors": tensors} | run
    found = r.Recording({"environment": {"torch": "1.0", "numpy": "1.26"}, "level": "quick"})
    found.add("case", case, r.Run("case", mode, **run))
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_recording_comes_back_as_it_was(tmp_path, dtype):
    """Every bit of every format, NaN and the signs of zeros included, and every word."""
    before = recorded(dtype, message="said", formula=r.RunFormula("other", "why", "abc"))
    store.save(before, tmp_path / "a")
    after = store.load(tmp_path / "a")
    assert after.about == before.about
    assert after.runs.keys() == before.runs.keys()
    for a, b in zip(before.runs.values(), after.runs.values(), strict=True):
        assert (a.verdict, a.message, a.formula) == (b.verdict, b.message, b.formula)
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
    store.save(one, tmp_path / "one")
    store.save(two, tmp_path / "two")
    sizes = [(tmp_path / name / store.ARRAYS).stat().st_size for name in ("one", "two")]
    assert sizes[0] == sizes[1]


def test_limits_are_never_too_small(tmp_path):
    """Kept in float32, a limit is rounded up; one beyond float32 is its largest number."""
    before = recorded(values=np.zeros(4, np.float32))
    limits = np.array([1e-60, 0.1, 1e60, 0.0])
    before.cases["case"].allowed["out"] = limits
    store.save(before, tmp_path / "a")
    after = store.load(tmp_path / "a").cases["case"].allowed["out"]
    assert (after[[0, 1]] >= limits[[0, 1]]).all()
    assert after[1] < 0.1 + 1e-8
    assert after[2] == np.finfo(np.float32).max
    assert after[3] == 0


def test_no_array_is_pickled(tmp_path):
    """What is in the file is long arrays of numbers, and nothing else."""
    store.save(recorded(), tmp_path / "a")
    with np.load(tmp_path / "a" / store.ARRAYS, allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype.name for name in arrays} == {
            "float32": "float32", "int64": "int64",
        }  # fmt: skip


def test_parts_make_a_whole():
    """The limits that one part knows of a case are kept, in whatever order the parts come."""
    ran, declined = recorded(), recorded(mode="vmap", verdict="unsupported", tensors={})
    declined.cases["case"].allowed.clear()
    for parts in ([ran, declined], [declined, ran]):
        whole = r.merged(parts)
        assert whole.cases["case"].allowed.keys() == {"out"}
        assert whole.runs.keys() == {("", "case"), ("vmap", "case")}


def test_nothing_is_overwritten(tmp_path):
    """A folder that is there already stays as it is; nor is what another run left removed."""
    (tmp_path / "a").mkdir()
    with pytest.raises(FileExistsError):
        store.save(recorded(), tmp_path / "a")
    assert main(["record", str(tmp_path / "a"), "-n0"]) == 2
    assert list((tmp_path / "a").iterdir()) == []
    theirs = tmp_path / f".b.{os.getpid()}.part"
    theirs.mkdir()
    with pytest.raises(FileExistsError):
        store.save(recorded(), tmp_path / "b")
    assert theirs.is_dir()


def test_an_interrupted_recording_leaves_nothing(tmp_path, monkeypatch):
    """Where writing ends half way, there is no recording, nor a part of one."""

    def interrupted(*arguments, **words):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.json, "dumps", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.save(recorded(), tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir() if p.name != "__pycache__"] == []


def rewritten(folder, change=None, **changes):
    """Other words in the JSON, which vouches for them."""
    whole = json.loads((folder / store.JSON).read_text())
    del whole["digest"]
    if change:
        change(whole)
    whole |= changes
    text = json.dumps(whole | {"digest": store._digest(whole)})
    (folder / store.JSON).write_text(text)


def with_packed(folder, packed):
    (folder / store.ARRAYS).write_bytes(packed)
    rewritten(folder, sha256=hashlib.sha256(packed).hexdigest())


def with_arrays(folder, **arrays):
    """Other arrays, and the JSON none the wiser."""
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    with_packed(folder, packed.getvalue())


def with_bad_deflate(folder):
    """A file of the right length, and with the right sum, that cannot be unpacked."""
    packed = bytearray((folder / store.ARRAYS).read_bytes())
    begin = packed.index(b".npy") + 30
    packed[begin : begin + 20] = b"\xff" * 20
    with_packed(folder, bytes(packed))


def cut(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])


def replaced(folder, old, new):
    """One word for another, which the JSON does not vouch for."""
    text = (folder / store.JSON).read_text()
    assert old in text
    (folder / store.JSON).write_text(text.replace(old, new))


def in_case(**changes):
    return lambda folder: rewritten(folder, lambda whole: whole["cases"]["case"].update(changes))


def in_run(**changes):
    return lambda folder: rewritten(folder, lambda whole: whole["runs"][0].update(changes))


def in_formula(**changes):
    return in_run(formula={"verdict": "proved", "reason": "", "fingerprint": "abc"} | changes)


def in_out(**changes):
    """In the run's only tensor that has values."""
    return lambda f: rewritten(f, lambda whole: whole["runs"][0]["tensors"]["out"].update(changes))


def whole(**changes):
    return lambda folder: rewritten(folder, **changes)


def instead(name, content):
    return lambda folder: (folder / name).write_bytes(content)


INTS = np.zeros(9, np.int64)
DAMAGES = {
    "no folder": (lambda f: [p.unlink() for p in f.iterdir()], "has no recording.json"),
    "no arrays": (lambda f: (f / store.ARRAYS).unlink(), "has no arrays.npz"),
    "arrays cut off": (lambda f: cut(f, store.ARRAYS), "cut off, changed, or of another"),
    "JSON cut off": (lambda f: cut(f, store.JSON), "is damaged"),
    "JSON of something else": (instead(store.JSON, b"[1]"), "is damaged"),
    "JSON null": (instead(store.JSON, b"null"), "is damaged"),
    "JSON not UTF-8": (instead(store.JSON, b"\xff"), "is damaged"),
    "JSON nested deeply": (instead(store.JSON, b"[" * 200_000), "is damaged"),
    "another format": (whole(format=99), "format 99, expected 3"),
    "without formulas": (whole(format=2), "format 2, expected 3: record it anew"),
    "another verdict": (
        lambda f: replaced(f, '"verdict":"identical"', '"verdict":"within"'),
        "recording.json is not as it was written",
    ),
    "another limit": (lambda f: replaced(f, '["float32",4,', '["float32",0,'), "not as it was"),
    "no environment": (whole(about={}), "has no 'environment'"),
    "about null": (whole(about=None), "NoneType where dict was expected"),
    "torch a number": (whole(about={"environment": {"torch": 2}}), "int where str was expected"),
    "left out null": (
        whole(about={"environment": {"torch": "2"}, "left_out": None}),
        "NoneType where list was expected",
    ),
    "cases missing": (whole(cases={}), "has no 'case'"),
    "cases a list": (whole(cases=[]), "list where dict was expected"),
    "cases null": (whole(cases=None), "NoneType where dict was expected"),
    "no runs": (whole(runs=3), "int where list was expected"),
    "tensors a list": (in_run(tensors=[]), "list where dict was expected"),
    "tensors null": (in_run(tensors=None), "NoneType where dict was expected"),
    "unknown verdict": (in_run(verdict="fine"), "'fine' where one of identical"),
    "unknown verdict of a tensor": (in_out(verdict="fine"), "'fine' where one of identical"),
    "unknown verdict of a formula": (in_formula(verdict="fine"), "'fine' where one of proved"),
    "fingerprint a number": (in_formula(fingerprint=3), "int where str was expected"),
    "formula null": (in_run(formula=None), "is damaged"),
    "half a character": (in_run(message="\ud800"), "surrogates not allowed"),
    "half a character in a name": (in_case(kind="\ud800"), "surrogates not allowed"),
    "no dtype": (in_case(case={}), "has no 'dtype'"),
    "unknown dtype": (in_case(case={"dtype": "int4"}), "'int4' where one of float32"),
    "features null": (in_case(features=None), "NoneType where list was expected"),
    "limits of another shape": (in_case(allowed={"out": ["float32", 0, [2]]}), "differ in shape"),
    "values of another format": (in_out(values=["int64", 0, [2]]), "numbers of format 'int64'"),
    "too few numbers": (
        lambda f: with_arrays(f, float32=np.zeros(1, "f4"), int64=INTS),
        "its numbers are not all there",
    ),
    "other numbers": (lambda f: with_arrays(f, float32=INTS, int64=INTS), "numbers are int64"),
    "pickled": (
        lambda f: with_arrays(f, float32=np.array([{}], object), int64=INTS),
        "allow_pickle=False",
    ),
    "no zip at all": (lambda f: with_packed(f, b"PK"), "is damaged"),
    "cannot be unpacked": (with_bad_deflate, "is damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_recording_is_refused(tmp_path, capsys, damage):
    """Whatever is wrong with a recording is told in one line, with exit 2."""
    harm, said = DAMAGES[damage]
    for name in ("good", "bad"):
        store.save(recorded(), tmp_path / name)
    harm(tmp_path / "bad")
    with pytest.raises(r.Unreadable, match=said):
        store.load(tmp_path / "bad")
    assert main(["compare", str(tmp_path / "good"), str(tmp_path / "bad")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_may_not_be_read_is_refused(tmp_path, monkeypatch):
    """What the system says is told as it says it."""
    store.save(recorded(), tmp_path / "a")

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(r.Unreadable, match="a cannot be read: Permission denied"):
        store.load(tmp_path / "a")


def test_a_name_is_asked_for(tmp_path, capsys, monkeypatch):
    """An empty name, as of a variable that is not set, is no name and no default."""
    monkeypatch.chdir(tmp_path)
    for words in (["record", ""], ["verify", "--against", ""]):
        assert main([*words, "-n0"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "'': expected the name of a folder" in line
    assert [p.name for p in tmp_path.iterdir() if p.name != "__pycache__"] == []


K = ["-k", "[lstm-bf16] or [lstm-f32] or [rnn-f64] or (deepcopy and f32) or (vmap and rnn-relu)"]


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A folder with two recordings of the same cases, by one process and by two."""
    folder = tmp_path_factory.mktemp("twice")
    for name, workers in (("a", "-n0"), ("b", "-n2")):
        run = rnn_manual("record", name, workers, *K, cwd=folder, **REPRODUCIBLE)
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"recorded in {name}" in run.stdout
    return folder


def same_but_for_the_date(a, b):
    """Every byte of the arrays, and every word of the JSON that does not follow from the date."""
    assert (a / store.ARRAYS).read_bytes() == (b / store.ARRAYS).read_bytes()
    texts = [json.loads((folder / store.JSON).read_text()) for folder in (a, b)]
    for text in texts:
        del text["about"]["date"], text["digest"]
    assert texts[0] == texts[1]


def test_two_recordings_are_the_same_byte_for_byte(twice):
    """All that a run gave, by one process or by two, is the same every time, but for the date."""
    same_but_for_the_date(twice / "a", twice / "b")
    assert sorted(path.name for path in twice.iterdir()) == ["a", "b"]
    modes = {mode for mode, _ in store.load(twice / "a").runs}
    assert modes == {"", "bit for bit", "deepcopy", "vmap"}


def test_a_recording_has_what_the_case_has(twice):
    """Weights, input, states, cotangents, results, gradients: by name, each in its own format."""
    found = store.load(twice / "a")
    case, run = found.cases["lstm-f32"], found.runs["", "lstm-f32"]
    names = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "input", "h_0", "c_0"}
    assert case.numbers.keys() == names | {"d out", "d h_n", "d c_n"}
    assert run.tensors.keys() == {"out", "h_n", "c_n"} | {f"grad {name}" for name in names}
    assert case.allowed.keys() == run.tensors.keys()
    declined = [run for (mode, _), run in found.runs.items() if mode == "vmap"]
    assert {run.verdict for run in declined} == {"unsupported"}
    assert all(run.message for run in declined)


def test_against_asks_for_the_same_numbers(twice, tmp_path, capsys):
    """Another seed, or a case that there is none of here, is told at once, in one line."""
    assert main(["verify", "--against", str(twice / "a"), "--seed", "1", "-n0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the two ran on other numbers: bias_hh_l0 of " in line
    for change in ({"colour": "red"}, {"seq_len": "many"}):
        then = store.load(twice / "a")
        then.cases["lstm-f32"].fields.update(change)
        store.save(then, tmp_path / next(iter(change)))
        assert main(["verify", "--against", str(tmp_path / next(iter(change))), "-n0"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "no such case as lstm-f32 here" in line


def test_held_against_a_recording(twice, tmp_path):
    """Verify fails against what differs from it, and says what drifted and what is the same."""
    then = store.load(twice / "a")
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
    arguments = ["--candidate", "mine:build", "-n2", "-k", "hand_written_loop and T1 and f16"]
    run = rnn_manual("record", "a", *arguments, cwd=tmp_path)
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


THEIRS = """
import pytest
from rnn_manual.config import Config
from rnn_manual.parity import Case, check

def at_an_address(module):
    raise ValueError(object())

@pytest.mark.parametrize("size", [1, 2])
def test_mine(record, size):
    record(check(lambda module: module, Case(Config("gru", 1, size), 2, 1)))

def test_something_else():
    assert False

def test_at_an_address(record):
    record(check(at_an_address, Case(Config("rnn", 1, 2), 2, 1)))

def test_ends_without_a_result(record):
    assert False
"""


@pytest.fixture
def theirs(pytester):
    """Runs the tests of somebody else in this process."""
    pytester.makepyfile(THEIRS)
    quiet = ("-p", "no:cacheprovider", "-p", "no:randomly")
    return lambda *words: pytester.runpytest_inprocess(*quiet, *words)


def test_only_a_test_that_compares_can_be_missed(theirs, pytester):
    """Other tests may fail; a run that was stopped, or lacks a result, is not written."""
    there = pytester.path
    assert theirs("--record", "stopped", "-x", "-k", "not without").ret == 1
    assert theirs("--record", "stopped", "--maxfail=2", "-k", "not without").ret == 1
    lacking = theirs("--record", "lacking")
    lacking.stdout.fnmatch_lines(["*not recorded: a result is missing, that of *without_a_result"])
    assert theirs("--record", "").ret == 4
    assert [p.name for p in there.iterdir() if p.is_dir() and p.name != "__pycache__"] == []
    for name in "ab":  # and whatever is another word at every run is no part of it
        assert theirs("--record", name, "-k", "not without").ret == 1
        assert len(store.load(there / name).runs) == 3
    same_but_for_the_date(there / "a", there / "b")
    message = store.load(there / "a").runs["", "rnn-T2-B1-I1-H2-f32"].message
    assert message == "raised ValueError: <object object at 0x…>"


def test_pytest_against_other_numbers(theirs, pytester):
    """What was recorded with one seed cannot be compared with what is drawn from another."""
    theirs("--record", "a", "-k", "mine")
    assert theirs("--against", "a", "-k", "mine").ret == 0
    result = theirs("--against", "a", "--case-seed", "1")
    assert result.ret == 4
    assert "the two ran on other numbers" in result.stderr.str()
    assert theirs("--against", "").ret == 4


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
