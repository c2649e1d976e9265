"""Recordings come back as they were written, whole or not at all."""

import os

import numpy as np
import pytest

from rnn_manual.cli import main
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from rnn_manual.usage import DTYPES
from tests.meta.recordings.small import VALUES, recorded


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
