"""What changed between two recordings is found, measured and told; and nothing else is."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from torch import nn

from rnn_manual.cli import main
from rnn_manual.cli.compare import side_by_side
from rnn_manual.cli.compared import show
from rnn_manual.cli.verify import command
from rnn_manual.cli.verify.preflight import Known
from rnn_manual.config import Config
from rnn_manual.judge.report.environment import environment
from rnn_manual.pages.compared import page
from rnn_manual.parity import Case, check
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from rnn_manual.recordings.compared.between import drift
from rnn_manual.recordings.compared.columns import Column, lines, rows
from rnn_manual.recordings.compared.markdown import markdown
from rnn_manual.recordings.compared.ulps import ulps
from rnn_manual.recordings.compared.words import groups, in_words
from rnn_manual.recordings.recorded import recorded_case, recorded_run
from tests.meta.cli.command import ROOT
from tests.meta.recordings.test_recording import recorded

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
    [(0, "identical", 0), (2.4e-7, "drift", 2), (1.9e-6, "drift", 16), (2.2e-6, "differs", 37)],
)
def test_drift_is_what_two_correct_results_may_be_apart(by, verdict, ulp):
    """Each of them may be one limit from the exact result, 1e-6 here, and on either side of it."""
    run = between(recorded(values=OUT), moved(by))
    assert (run.verdict, run.ulp) == (verdict, ulp)


def test_nan_where_there_was_none_differs():
    """No limit allows a NaN."""
    assert between(recorded(values=OUT), moved(np.nan)).verdict == "differs"
    assert between(moved(np.nan), recorded(values=OUT)).verdict == "differs"


def test_near_zero_is_no_matter():
    """What is told is the element that is furthest for what it may be, not the most units."""
    before = recorded(values=np.array([1, 1e-30], np.float32))
    after = recorded(values=np.array([1, 1e-30], np.float32))
    out = after.runs["", "case"].tensors["out"].values
    after.runs["", "case"] = with_tensor(after, values=out + np.float32([2.4e-7, 1e-20]))
    found = between(before, after).tensors["out"]
    assert (found.verdict, found.ulp, f"{found.error:.1e}") == ("drift", 2, "2.4e-07")


def with_tensor(recording, name="out", **changes):
    """The run, something else in one of its tensors."""
    run = recording.runs["", "case"]
    return replace(run, tensors=run.tensors | {name: replace(run.tensors[name], **changes)})


def test_no_limit_is_not_no_error():
    """Where nothing says how far something may be off, nothing is said about it."""
    after = moved(2.4e-7)
    del after.cases["case"].allowed["out"]
    with pytest.raises(r.Unreadable, match="does not say how far out may be off"):
        drift(recorded(values=OUT), after)


class Halved(nn.GRU):
    """Gives half of what belongs in out."""

    def forward(self, *inputs):
        out, h = super().forward(*inputs)
        return out[:1], h


def as_recorded(candidate):
    """What a candidate gives on a small case, as the recorder writes it down."""
    comparison = check(candidate, Case(Config("gru", 1, 2), 2, 1))
    found = r.Recording({"environment": {"torch": "1.0"}})
    found.add(comparison.case.id, recorded_case(comparison), recorded_run(comparison))
    return found


def test_what_goes_wrong_differs():
    """A tensor that was well and is now of another shape fails; one that is well again does not."""
    well, wrong = as_recorded(nn.GRU), as_recorded(Halved)
    found = between(well, wrong)
    assert found.fails
    assert found.tensors["out"].said == "gone: shape (1, 1, 2), expected (2, 1, 2)"
    assert between(wrong, wrong).verdict == "identical"
    again = between(wrong, well)
    assert again.tensors["out"].verdict == "changed"
    assert "out newly there (before: shape (1, 1, 2), expected (2, 1, 2))" in in_words(again)


EXTRA = "shape (1, 1, 4, 5), expected (1, 4, 5)"


def test_an_extra_dimension_is_named(capsys):
    """As torch 2.12's exported LSTM has it: of which states, and what shape, in words and page."""
    before, after = recorded(values=OUT), recorded(values=OUT)
    for found, reason, values in ((before, EXTRA, None), (after, "", OUT)):
        (run,) = found.runs.values()
        run.tensors.update({n: r.Tensor("differs", reason, values) for n in ("h_n", "c_n")})
    said = f"changed, h_n, c_n newly there (before: {EXTRA})"
    assert said in in_words(between(before, after))
    columns = [Column("a", before), Column("b", after, drift(before, after))]
    show(Console(width=80), columns)
    assert f"h_n, c_n newly there (before: {EXTRA})" in capsys.readouterr().out
    for text in (page(columns), markdown(columns)):
        assert EXTRA in text


def test_another_shape_differs():
    """Shapes are told in words."""
    other = moved(0)
    other.runs["", "case"] = with_tensor(other, values=OUT[:2])
    found = between(recorded(values=OUT), other)
    assert found.verdict == "differs"
    assert found.tensors["out"].said == "has shape (2,), had (3,)"
    assert in_words(found) == "case: differs, out has shape (2,), had (3,)"


DECLINED = {"verdict": "unsupported", "tensors": {}, "message": "no such thing"}
FAILED = {"verdict": "error", "tensors": {}, "message": "raised it"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, DECLINED, "no longer supported: no such thing"),
        ({}, FAILED, "now fails: raised it"),
        (DECLINED, {}, "newly supported (was unsupported: no such thing)"),
        (FAILED, {}, "runs now (was error: raised it)"),
        (DECLINED, FAILED, "was unsupported, is error: raised it"),
        (DECLINED, DECLINED | {"message": "not yet"}, "says now: not yet"),
        (DECLINED, DECLINED, ""),
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
    assert (
        between(other, recorded(values=OUT)).tensors["out"].said
        == "newly there (before: computes none)"
    )


def test_other_numbers_are_refused():
    """What ran on other weights or inputs says nothing about a change."""
    with pytest.raises(r.Unreadable, match="ran on other numbers: input of case is not the same"):
        drift(recorded(values=OUT), recorded(values=OUT + 1))
    other = recorded(values=OUT, mode="vmap")
    with pytest.raises(r.Unreadable, match="no case in common"):
        drift(recorded(values=OUT), other)


def test_other_numbers_are_named_in_order():
    """Of several that differ, the first by name, every time."""
    other = recorded(values=OUT)
    other.cases["case"].numbers.clear()
    with pytest.raises(r.Unreadable, match="batch_sizes of case"):
        drift(recorded(values=OUT), other)


@pytest.fixture
def folders(tmp_path):
    """Three recordings: the second has drifted, the third differs; and one that was not made."""
    for name, by in (("a", 0), ("b", 2.4e-7), ("d", 1)):
        found = moved(by)
        if name == "d":
            found.about["environment"] |= {"torch": "2.0", "numpy": "2.4"}
            found.about["left_out"] = ["large", "larger"]
            found.runs["vmap", "case"] = r.Run("case", "vmap", "error", "raised <b>|*")
        store.save(found, tmp_path / name)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / store.SKIPPED).write_bytes(b"no wheel \xff\n")
    return tmp_path


def compare(folders, *words):
    names = [str(folders / word) if len(word) == 1 else word for word in words]
    return main(["compare", *names])


@pytest.mark.parametrize(
    ("words", "code"), [("ab", 0), ("aa", 0), ("ad", 1), ("abcd", 1), ("ac", 2), ("a", 2)]
)
def test_only_what_differs_fails(folders, words, code, capsys):
    """Drift is told, and is no failure; a version that was skipped is a column without numbers."""
    assert compare(folders, *words) == code
    if code == 2:
        assert "expected at least two recordings, got 1" in capsys.readouterr().err


def test_every_column_has_a_name_of_its_own(folders, monkeypatch):
    """Of the same torch, the folder's; of the same folder, a number. A note beside it is old."""
    (folders / "a" / store.SKIPPED).write_text("last time")
    monkeypatch.chdir(folders / "a")
    columns = side_by_side([folders / "a", Path("."), folders / "a", folders / "c", folders / "c"])
    names = [column.name for column in columns]
    assert names == ["torch 1.0", "torch 1.0 (a)", "torch 1.0 (a) 2", "c", "c 2"]


def test_two_candidates_are_named(tmp_path):
    """What is compared is told by its name, where the two are not of one candidate."""
    for name in ("mine:fast", "mine:plain"):
        found = recorded(values=OUT)
        found.about["candidate"] = name
        store.save(found, tmp_path / name[5:])
    columns = side_by_side([tmp_path / "fast", tmp_path / "plain"])
    assert [c.name for c in columns] == ["mine:fast, torch 1.0", "mine:plain, torch 1.0"]
    assert lines(columns[1])[0] == "since mine:fast, torch 1.0: 1 identical"


def test_all_reports_say_it(folders, capsys):
    """In the terminal, as JSON, as a page and in Markdown: what changed, where, by how much."""
    paths = {kind: folders / f"report.{kind}" for kind in ("html", "json", "markdown")}
    options = [word for kind, path in paths.items() for word in (f"--{kind}", str(path))]
    assert compare(folders, *"abcd", *options) == 1
    shown = capsys.readouterr().out
    for text in (shown, paths["html"].read_text(), paths["markdown"].read_text()):
        assert (
            "1 run whose formula is not known drifts by 2 units in the last place (2.4e-07)" in text
        )
        assert "differs, out by" in text
        assert "no wheel" in text
        assert "lso different: numpy 1.26 → 2.4" in text
        assert "2 large cases are not in it" in text
        assert "nly after: vmap case" in text
    whole = json.loads(paths["json"].read_text())
    assert [change["verdict"] for change in whole["changes"]] == ["drift", "differs"]
    assert whole["changes"][0]["runs"][0]["tensors"]["out"]["ulp"] == 2
    assert whole["changes"][1]["also_different"] == {"numpy": ["1.26", "2.4"]}
    assert whole["recordings"][2]["skipped"] == "no wheel \ufffd"
    table = paths["markdown"].read_text()
    assert "| float32 | identical | identical ~ 2 |  | identical ≠ |" in table


def test_nothing_said_is_markdown_or_a_tag():
    """What torch says is shown as it is, in a list, in a cell, and folded away."""
    before, after = recorded(values=OUT), recorded(values=OUT)
    for case in ("one", "two"):
        for found, run in ((before, {}), (after, DECLINED | {"message": "no *a|b* <b>`"})):
            add(found, recorded(values=OUT, mode="a|b", **run), case)
    columns = [Column("a|b", before), Column("b", after, drift(before, after))]
    text = markdown(columns)
    assert "| | a\\|b | b |" in text
    assert "| a\\|b | identical | unsupported ± |" in text
    assert "- a\\|b, 2 runs: no longer supported: no \\*a\\|b\\* \\<b>\\`" in text
    assert "a|b two: no longer supported: no *a|b* &lt;b&gt;`</details>" in text
    assert "&lt;b&gt;" in page(columns)
    assert "<b>" not in page(columns)


def test_rows_that_nothing_ran_in_are_left_out():
    """A kind that was run in a mode only has no row of its own."""
    found = recorded(values=OUT, mode="vmap")
    assert [row.name for row in rows([Column("a", found)])] == ["vmap"]


def test_what_only_one_has_is_named():
    """The first ten, and how many more."""
    before, after = recorded(values=OUT), recorded(values=OUT)
    for n in range(12):
        add(after, recorded(values=OUT, mode="vmap"), f"case{n:02}")
    said = lines(Column("b", after, drift(before, after)))
    assert said[0] == "since torch 1.0: 1 identical, 12 only after"
    assert said[1].startswith("only after: vmap case00, vmap case01, ")
    assert said[1].endswith("vmap case09 and 2 more")


def add(found, other, case):
    """Another recording's run, under the name of another case."""
    (run,) = other.runs.values()
    found.add(case, other.cases["case"], replace(run, case=case))


def test_every_verdict_is_told():
    """That one tensor differs does not hide that another one is gone."""
    before, after = moved(0), moved(1)
    values = r.Tensor("identical", "", OUT)
    before.runs["", "case"].tensors["grad input"] = values
    for name in ("h_n", "c_n"):
        for found, by in ((before, 0), (after, 2.4e-7)):
            found.runs["", "case"].tensors[name] = replace(values, values=OUT + np.float32(by))
            found.cases["case"].allowed[name] = np.full(OUT.shape, 1e-6)
    told = in_words(between(before, after)).split("; ")
    assert told == [
        "case: differs, out by 8,388,608 units in the last place (1.0e+00)",
        "changed, grad input gone: x",
        "drift, h_n by 2 units in the last place (2.4e-07) and 1 more",
    ]


def test_other_dropout_masks_are_a_change():
    """What a generator drew otherwise is told, and nothing that came of it is compared."""
    before, after = recorded(values=OUT), moved(9)
    for found, mask in ((before, [0.0, 2.0]), (after, [2.0, 0.0])):
        found.cases["case"].numbers["mask 0"] = np.array(mask)
    run = between(before, after)
    assert (run.verdict, run.tensors) == ("changed", None)
    assert run.said == "draws other dropout masks from the same seed"


def test_changes_that_are_alike_are_told_once():
    """What drifted is told in one line, and what is said of many; every run is in some group."""
    before, after = recorded(values=OUT), moved(2.4e-7)
    add(before, recorded(values=OUT), "more")
    add(after, moved(-1.2e-7), "more")
    for mode in ("export", "vmap"):
        for case in ("one", "two"):
            add(before, recorded(values=OUT, mode=mode), case)
            add(after, recorded(values=OUT, mode=mode, **DECLINED), case)
    told = groups(drift(before, after))
    assert [group.line for group in told] == [
        "export, vmap, 4 runs: no longer supported: no such thing",
        "2 runs whose formula is not known drift, at most 2 units in the last place (2.4e-07), "
        "out of case",
    ]
    assert sum(len(group.runs) for group in told) == 6


def test_compare_asks_for_what_can_be_read(tmp_path, capsys):
    """Neither a folder that is not there nor a report that cannot be written is an accident."""
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "is no recording" in capsys.readouterr().err
    assert main(["compare", str(tmp_path), "--json", str(tmp_path / "no" / "x")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_comparing_needs_no_torch(folders):
    """Recordings are read where there is nothing but NumPy and what draws the table."""
    code = (
        "import sys; from rnn_manual.cli import main; main(sys.argv[1:]);"
        "print(sorted({'torch', 'pytest', 'hypothesis'} & set(sys.modules)))"
    )
    words = ["compare", str(folders / "a"), str(folders / "b")]
    run = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "[]"


CASE = {
    "id": "a", "kind": "gru", "mode": "", "features": [], "tensors": {}, "verdict": "identical",
    "message": None, "diagnosis": None, "report": None, "line": "", "printed": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "said", "code", "told"),
    [
        ({}, "passed", 2, "none of the cases is in the recording"),
        ({"drift": {"verdict": "identical", "ulp": 0}}, "passed", 0, "agrees with the loops"),
        ({"drift": {"verdict": "differs", "ulp": 9}}, "failed", 1, "differs from the recording"),
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
    monkeypatch.setattr(command, "Preflight", lambda *_: known)
    monkeypatch.setattr(command, "run_suite", run_suite)
    assert main(["verify", "--against", "a"]) == code
    assert told in "".join(capsys.readouterr())


def test_a_version_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    """Where there is no wheel it is skipped; whatever else goes wrong, the next has its turn."""
    nox = pytest.importorskip("nox")
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    noxfile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(noxfile)
    monkeypatch.chdir(tmp_path)
    pip = {
        "1.0": "No matching distribution found for torch==1.0",
        "2.0": "No space left on device",
        "2.15.0rc1": "",
        "2.9": "",
    }
    monkeypatch.setattr(noxfile, "_install", lambda version, environment: pip[version])
    asked = []

    def run(*command, **options):
        asked.append(command[-1])
        if "rc" in command[-1]:
            raise nox.command.CommandFailed("exit 2")
        Path(command[-1]).mkdir()
        (Path(command[-1]) / "recording.json").touch()

    def error(message):
        raise RuntimeError(message)

    ignored = {name: lambda message: None for name in ("log", "warn")}
    session = SimpleNamespace(posargs=[*pip], run=run, error=error, **ignored)
    with pytest.raises(RuntimeError, match=r"no recording of torch 2\.0, 2\.15\.0rc1:"):
        noxfile.parity.func(session)
    assert asked == ["recordings/2.15.0rc1", "recordings/2.9"]
    made = sorted(str(path) for path in Path("recordings").rglob("*.*") if path.is_file())
    assert made == ["recordings/1.0/skipped.txt", "recordings/2.9/recording.json"]
