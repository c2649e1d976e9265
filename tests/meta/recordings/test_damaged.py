"""Whatever is wrong with a recording is told, in one line."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from rnn_manual.cli import main
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from tests.meta.recordings.small import recorded


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
    "JSON cut off": (lambda f: cut(f, store.JSON), "is damaged: recording.json: "),
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
