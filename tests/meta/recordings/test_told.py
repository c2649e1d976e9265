"""What changed is told: every change, once, and as it is."""

from dataclasses import replace

import numpy as np
from rich.console import Console

from rnn_manual.cli.compared import show
from rnn_manual.pages.compared import page
from rnn_manual.recordings import recording as r
from rnn_manual.recordings.compared.between import drift
from rnn_manual.recordings.compared.columns import Column, lines, rows
from rnn_manual.recordings.compared.markdown import markdown
from rnn_manual.recordings.compared.words import groups, in_words
from tests.meta.recordings.moved import DECLINED, OUT, add, between, moved
from tests.meta.recordings.small import recorded

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


def test_what_has_no_numbers_in_both_is_not_said_to_be_identical():
    """What both decline is no result."""
    before, after = recorded(values=OUT), recorded(values=OUT)
    for found in (before, after):
        add(found, recorded(values=OUT, mode="vmap", **DECLINED), "declined")
    said = lines(Column("b", after, drift(before, after)))
    assert said[0] == "since torch 1.0: 1 identical, 1 without numbers in both"


def test_what_only_one_has_is_named():
    """The first ten, and how many more."""
    before, after = recorded(values=OUT), recorded(values=OUT)
    for n in range(12):
        add(after, recorded(values=OUT, mode="vmap"), f"case{n:02}")
    said = lines(Column("b", after, drift(before, after)))
    assert said[0] == "since torch 1.0: 1 identical, 12 only after"
    assert said[1].startswith("only after: vmap case00, vmap case01, ")
    assert said[1].endswith("vmap case09 and 2 more")


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
