"""The command `compare`: of which recordings, its exit status, its reports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_manual.cli import main
from rnn_manual.cli.compare import side_by_side
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from rnn_manual.recordings.compared.columns import lines
from tests.meta.cli.command import ROOT
from tests.meta.recordings.moved import OUT, moved
from tests.meta.recordings.small import recorded


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
