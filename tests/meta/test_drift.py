"""What changed between two recordings is found, measured and told; and nothing else is."""

import json
from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.cli import main
from rnn_manual.parity import recording as r
from rnn_manual.parity.drift import drift, ulps
from rnn_manual.parity.drift_view import groups
from tests.meta.test_recording import recorded
from tests.meta.test_verify import rnn_manual

ONE = {"float32": 2.0**-23, "float64": 2.0**-52, "float16": 2.0**-10, "bfloat16": 2.0**-7}


@pytest.mark.parametrize("dtype", ONE)
def test_units_in_the_last_place(dtype):
    """The next number is one unit away, on either side of a power of two, and of zero."""
    to = np.float32 if dtype == "bfloat16" else np.dtype(dtype)

    def apart(a, b):
        return int(ulps(np.array([a], to), np.array([b], to), dtype)[0])

    assert apart(1, 1 + ONE[dtype]) == 1
    assert apart(1, 1 - ONE[dtype] / 2) == 1
    assert apart(-1, -1 - 3 * ONE[dtype]) == 3
    assert apart(0.0, -0.0) == 1
    assert apart(np.nan, np.nan) == apart(np.inf, np.inf) == 0
    assert apart(1, -1) == 2 * apart(0.0, 1) + 1
    assert apart(1, np.nan) > 0


OUT = np.array([1, 0.5, -3], np.float32)


def between(before, after):
    """The only run's drift."""
    (run,) = drift(before, after).runs
    return run


def test_the_same_bits_are_identical():
    """NaN and infinities too."""
    values = np.array([1, np.nan, np.inf, -0.0], np.float32)
    assert between(recorded(values=values), recorded(values=values.copy())).verdict == "identical"


def moved(by):
    """The same numbers went in; something else came out."""
    found = recorded(values=OUT)
    run = found.runs["", "case"]
    tensor = replace(run.tensors["out"], values=OUT + np.float32(by))
    found.runs["", "case"] = replace(run, tensors=run.tensors | {"out": tensor})
    return found


@pytest.mark.parametrize(
    ("by", "verdict", "ulp"),
    [(0, "identical", 0), (2.4e-7, "drift", 4), (1.9e-6, "drift", 32), (2.2e-6, "differs", 37)],
)
def test_drift_is_what_two_correct_results_may_be_apart(by, verdict, ulp):
    """Each of them may be one limit from the exact result, 1e-6 here, and on either side of it."""
    run = between(recorded(values=OUT), moved(by))
    assert (run.verdict, run.ulp) == (verdict, ulp)


def test_nan_where_there_was_none_differs():
    """No limit allows a NaN."""
    assert between(recorded(values=OUT), moved(np.nan)).verdict == "differs"
    assert between(moved(np.nan), recorded(values=OUT)).verdict == "differs"


def test_another_shape_differs():
    """Shapes are told in words."""
    other = moved(0)
    run = other.runs["", "case"]
    other.runs["", "case"] = replace(
        run, tensors=run.tensors | {"out": r.Tensor("identical", "", OUT[:2])}
    )
    found = between(recorded(values=OUT), other)
    assert found.verdict == "differs"
    assert found.tensors["out"].said == "shape (3,), now (2,)"


DECLINED = {"verdict": "unsupported", "tensors": {}, "message": "no such thing"}
FAILED = {"verdict": "error", "tensors": {}, "message": "raised it"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, DECLINED, "no longer supported: no such thing"),
        ({}, FAILED, "now fails: raised it"),
        (DECLINED, {}, "newly supported (was unsupported: no such thing)"),
        (DECLINED, FAILED, "was unsupported, is error: raised it"),
        (DECLINED, DECLINED | {"message": "not yet"}, "says now: not yet"),
        (DECLINED, DECLINED, ""),
        (
            DECLINED | {"message": "torch 2.0.1+cpu has none"},
            DECLINED | {"message": "torch 2.13.0 has none"},
            "",
        ),
    ],
)
def test_what_runs_and_what_is_said(before, after, said):
    """What newly runs, runs no longer, or says something else has changed, and does not differ."""
    run = between(recorded(values=OUT, **before), recorded(values=OUT, **after))
    assert run.said == said
    assert run.verdict == ("changed" if said else "identical")


def test_a_gradient_that_is_lost_has_changed():
    """A tensor that is there in one of the two only is told as such."""
    other = moved(0)
    run = other.runs["", "case"]
    lost = r.Tensor("unsupported", "computes none")
    other.runs["", "case"] = replace(run, tensors=run.tensors | {"out": lost})
    assert between(recorded(values=OUT), other).tensors["out"].said == "gone: computes none"
    assert between(other, recorded(values=OUT)).tensors["out"].said == "newly there"


def test_other_numbers_are_refused():
    """What ran on other weights or inputs says nothing about a change."""
    with pytest.raises(r.Unreadable, match="ran on other numbers: input of case is not the same"):
        drift(recorded(values=OUT), recorded(values=OUT + 1))
    other = recorded(values=OUT, mode="vmap")
    with pytest.raises(r.Unreadable, match="no case in common"):
        drift(recorded(values=OUT), other)


@pytest.fixture
def folders(tmp_path):
    """Three recordings: the second has drifted, the third differs; and one that was not made."""
    for name, by in (("a", 0), ("b", 2.4e-7), ("d", 1)):
        r.save(moved(by), tmp_path / name)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / r.SKIPPED).write_text("no wheel\n")
    return tmp_path


def compare(folders, *words):
    names = [str(folders / word) if len(word) == 1 else word for word in words]
    return main(["compare", *names])


@pytest.mark.parametrize(
    ("words", "code"), [("ab", 0), ("aa", 0), ("ad", 1), ("abcd", 1), ("ac", 0)]
)
def test_only_what_differs_fails(folders, words, code):
    """Drift is told, and is no failure; a version that was skipped is a column without numbers."""
    assert compare(folders, *words) == code


def test_all_reports_say_it(folders, capsys):
    """In the terminal, as JSON, as a page and in Markdown: what changed, where, by how much."""
    paths = {kind: folders / f"report.{kind}" for kind in ("html", "json", "markdown")}
    options = [word for kind, path in paths.items() for word in (f"--{kind}", str(path))]
    assert compare(folders, *"abcd", *options) == 1
    shown = capsys.readouterr().out
    told = "case: drift, out by 4 units in the last place (2.4e-07)"
    for text in (shown, paths["html"].read_text(), paths["markdown"].read_text()):
        assert told in text
        assert "case: differs, out by 16,777,212" not in text
        assert "differs, out by" in text
        assert "no wheel" in text
    whole = json.loads(paths["json"].read_text())
    assert [change["verdict"] for change in whole["changes"]] == ["drift", "differs"]
    assert whole["changes"][0]["runs"][0]["tensors"]["out"]["ulp"] == 4
    assert whole["recordings"][2]["skipped"] == "no wheel"
    assert (
        "| float32 | identical | identical ~ 4 |  | identical ≠ |" in paths["markdown"].read_text()
    )


def test_changes_that_are_alike_are_told_once():
    """What drifted is told by mode and kind, what is said by mode; every run is in some group."""
    before, after = recorded(values=OUT), moved(2.4e-7)
    for mode in ("export", "vmap"):
        for case in ("one", "two"):
            for found, run in ((before, {}), (after, DECLINED)):
                other = recorded(values=OUT, mode=mode, **run)
                found.cases[case] = other.cases["case"]
                found.runs[mode, case] = replace(other.runs[mode, "case"], case=case)
    told = groups(drift(before, after))
    assert [line for line, _ in told] == [
        "export, 2 runs: no longer supported: no such thing",
        "vmap, 2 runs: no longer supported: no such thing",
        "called, lstm, 1 run, at most: case: drift, out by 4 units in the last place (2.4e-07)",
    ]
    assert sum(len(runs) for _, runs in told) == 5


def test_compare_asks_for_what_can_be_read(tmp_path, capsys):
    """Neither a folder that is not there nor a report that cannot be written is an accident."""
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "is no recording" in capsys.readouterr().err
    assert main(["compare", str(tmp_path), "--json", str(tmp_path / "no" / "x")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_held_against_a_recording(tmp_path):
    """Verify passes against what it recorded, and fails against what differs from it."""
    k = ["-n0", "-k", "hand_written_loop and ([lstm-f32] or [rnn-f64])"]
    assert rnn_manual("record", "a", *k, cwd=tmp_path).returncode == 0
    run = rnn_manual("verify", "--against", "a", *k, cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "against   2 identical; 0 are not in the recording" in run.stdout
    then = r.load(tmp_path / "a")
    out = then.runs["", "lstm-f32"].tensors["out"].values
    out.flat[0] += 0.25
    near = then.runs["", "rnn-f64"].tensors["out"].values
    near.flat[0] = np.nextafter(near.flat[0], 9)
    r.save(then, tmp_path / "b")
    run = rnn_manual("verify", "--against", "b", *k, cwd=tmp_path)
    assert run.returncode == 1, run.stdout
    assert "differs from the recording: lstm-f32: differs, out by" in run.stdout
    assert "against   1 drift, 1 differs" in run.stdout
    then.cases["lstm-f32"].numbers["input"].flat[0] += 1
    r.save(then, tmp_path / "c")
    run = rnn_manual("verify", "--against", "c", *k, cwd=tmp_path)
    assert run.returncode == 2
    assert "input of lstm-f32 is not the same" in run.stderr
