"""Of two recordings' formulas it is said whether they are the same, apart from their bits."""

import json
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from rnn_manual.cli import main
from rnn_manual.cli.verify import closing
from rnn_manual.config import Config
from rnn_manual.pages.compared import page
from rnn_manual.parity import Case, check
from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store
from rnn_manual.recordings.compared.between import drift, run_drift
from rnn_manual.recordings.compared.columns import Column, lines, rows
from rnn_manual.recordings.compared.drift import ANOTHER, SAME, UNKNOWN
from rnn_manual.recordings.compared.markdown import markdown
from rnn_manual.recordings.compared.words import groups, in_words
from rnn_manual.recordings.recorded import recorded_case, recorded_run
from tests.meta.recordings.small import recorded

OUT = np.array([1, 0.5, -3], np.float32)
PROVED = r.RunFormula("proved", "", "abc")
PROVED_OF_LESS = r.RunFormula("proved", "", "xyz")
OTHER, THIRD = r.RunFormula("other", "", "0ther"), r.RunFormula("other", "", "th1rd")
OPEN = r.RunFormula("open", "oneDNN's LSTM")


def of(formula, by=0.0, cases=("case",), mode=""):
    """A recording whose runs have that formula and are off by so much."""
    made = recorded(values=OUT, mode=mode)
    case, run = made.cases["case"], made.runs[mode, "case"]
    out = replace(run.tensors["out"], values=OUT + np.float32(by))
    run = replace(run, tensors=run.tensors | {"out": out}, formula=formula)
    made.cases.clear()
    made.runs.clear()
    for name in cases:
        made.add(name, case, replace(run, case=name))
    return made


@pytest.mark.parametrize(
    ("before", "after", "formula"),
    [
        (PROVED, PROVED, SAME),
        (OTHER, OTHER, SAME),
        (PROVED, PROVED_OF_LESS, SAME),
        (PROVED, OTHER, ANOTHER),
        (OTHER, THIRD, ANOTHER),
        (PROVED, OPEN, UNKNOWN),
        (OPEN, OPEN, UNKNOWN),
        (None, PROVED, UNKNOWN),
    ],
)
@pytest.mark.parametrize(("by", "verdict"), [(0, "identical"), (2.4e-7, "drift"), (1, "differs")])
def test_formulas_are_told_apart_from_bits(before, after, formula, by, verdict):
    """Whatever became of the bits; and nothing is said where one of the two is not known."""
    (run,) = drift(of(before), of(after, by)).runs
    assert (run.formula, run.verdict) == (formula, verdict)


def test_what_is_said_of_a_run():
    """Drift of the same formula is told as that, and another formula before all else."""

    def said(before, after, by):
        (run,) = drift(of(before), of(after, by)).runs
        return in_words(run)

    far = "case: drift, out by 2 units in the last place (2.4e-07)"
    assert said(PROVED, PROVED, 2.4e-7) == f"{far}; the same formula"
    assert said(OPEN, PROVED, 2.4e-7) == far
    assert said(PROVED, PROVED, 0) == "case: identical"
    assert said(PROVED, OTHER, 0) == "case: another formula (was proved, is other); the same bits"
    assert said(OTHER, THIRD, 2.4e-7).startswith(
        "case: another formula (other, and not the same one); drift, out by 2 units"
    )


def whole():
    """Two recordings: drift with and without a known formula, another formula, and a change."""
    before, after = of(PROVED), of(PROVED, 2.4e-7)
    for formulas, by, mode, cases in (
        ((PROVED, PROVED), 1.2e-7, "compile", ("one", "two")),
        ((OPEN, OPEN), 2.4e-7, "export", ("one", "two")),
        ((PROVED, OTHER), 0, "frozen", ("one", "two")),
        ((PROVED, OPEN), 0, "rows", ("one",)),
    ):
        for found, formula, off in zip((before, after), formulas, (0, by), strict=True):
            for key, run in of(formula, off, cases, mode).runs.items():
                found.runs[key] = run
                found.cases[key[1]] = found.cases["case"]
    return [Column("a", before), Column("b", after, drift(before, after))]


def test_another_formula_is_told_by_name_and_first():
    """And drift in one line for all of the same formula, with the furthest and where it is."""
    _, column = whole()
    assert [group.line for group in groups(column.drift)] == [
        "frozen one: another formula (was proved, is other); the same bits",
        "frozen two: another formula (was proved, is other); the same bits",
        "3 runs of the same formula drift, at most 2 units in the last place (2.4e-07), "
        "out of case",
        "2 runs whose formula is not known drift, at most 2 units in the last place (2.4e-07), "
        "out of export one",
    ]
    since, known = lines(column)
    assert since.endswith("3 identical, 5 drift, 3 of the same formula, 2 of another formula")
    assert known == "formulas: 1 open, proved before"


def test_reports_say_it(capsys, tmp_path):
    """In the table a sign; in the page, in Markdown, in the terminal and in JSON the names."""
    columns = whole()
    cells = {row.name: str(row.cells[1]) for row in rows(columns)}
    assert cells["compile"] == "identical ~ 1 ≡"
    assert cells["export"] == "identical ~ 2"
    assert cells["frozen"] == "identical = ≢"
    for text in (page(columns), markdown(columns)):
        assert "frozen two: another formula (was proved, is other)" in text
        assert "<details>" not in text
    paths = [str(tmp_path / name) for name in ("a", "b", "c.json")]
    for column, path in zip(columns, paths, strict=False):
        store.save(column.recording, tmp_path / path)
    assert main(["compare", *paths[:2], "--json", paths[2]]) == 0
    shown = capsys.readouterr().out
    assert "frozen one: another formula (was proved, is other)" in shown
    (change,) = json.loads((tmp_path / "c.json").read_text())["changes"]
    found = {(run["mode"], run["case"]): run["formula"] for run in change["runs"]}
    assert found["frozen", "one"] == {"change": "another", "before": "proved", "after": "other"}
    assert found["export", "one"] == {"change": None, "before": "open", "after": "open"}


def test_other_dropout_masks_are_no_other_formula():
    """A mask's numbers are in a fingerprint; so that is not compared, and a proof still counts."""
    for formulas, said in (((OTHER, THIRD), UNKNOWN), ((PROVED, PROVED), SAME)):
        before, after = map(of, formulas)
        after.cases["case"] = replace(before.cases["case"], numbers={"mask 0": np.ones(1)})
        key = ("", "case")
        found = (before.runs[key], after.runs[key], before.cases["case"], after.cases["case"])
        assert run_drift(*found).formula == said


class Scaled(nn.GRU):
    """A thousandth more in out: another formula."""

    def forward(self, *inputs):
        out, h = super().forward(*inputs)
        return out * 1.001, h


def test_a_formula_is_recorded_and_comes_back(tmp_path):
    """Verdict, reason and fingerprint of what a candidate ran, as `check` finds them."""
    case = Case(Config("gru", 1, 2), 2, 1)
    made = {}
    for name, candidate in (("nn", nn.GRU), ("again", nn.GRU), ("scaled", Scaled)):
        findings = check(candidate, case)
        found = r.Recording({"environment": {"torch": "1.0"}})
        found.add(case.id, recorded_case(findings), recorded_run(findings))
        store.save(found, tmp_path / name)
        made[name] = store.load(tmp_path / name)
        formula = made[name].runs["", case.id].formula
        assert formula.fingerprint == findings.formula.fingerprint != ""
        assert formula.verdict == findings.formula.verdict
    assert drift(made["nn"], made["again"]).runs[0].formula == SAME
    assert drift(made["nn"], made["scaled"]).runs[0].formula == ANOTHER


def test_verify_against_says_it():
    """In the closing lines: how many are of the same formula, and which are of another."""

    def case(name, formula):
        drift = {"verdict": "drift", "without_numbers": False, "ulp": 2, "formula": formula}
        return {"mode": "", "id": name, "drift": drift}

    both = {"verdict": "identical", "without_numbers": True, "ulp": 0, "formula": None}
    declined = {"drift": both}
    cases = [case("a", "same"), case("b", "another"), case("c", None), declined]
    line = closing._against_line(cases)
    assert line == (
        "against   3 drift, 1 without numbers in both, at most 2 units in the last place; "
        "1 of the same formula; 1 of another formula (b); 0 are not in the recording"
    )
