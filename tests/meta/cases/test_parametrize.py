"""Which cases a test is handed: what its mark asks for, within what the command line does."""

import pytest

from rnn_manual.cases.excluded import Excluded
from rnn_manual.cases.levels import few
from rnn_manual.cases.options import options_of
from rnn_manual.cases.parametrize import cases_of, law, parametrize
from rnn_manual.cases.together import STRUCTURE
from rnn_manual.parity import select


def gru(case):
    return case.config.kind == "gru"


def lstm(case):
    return case.config.kind == "lstm"


def test_where_and_the_options_narrow():
    """Both: the mark's own condition, and kind, dtype and seed of the command line."""
    mark = parametrize(where=gru).mark
    found = cases_of(mark, "standard", dtypes=["float64"], seed=7)
    assert found == select("standard", kinds=["gru"], dtypes=["float64"], notes=None, seed=7)
    assert {case.seed for case in found} == {7}
    assert cases_of(mark, "standard", kinds=["lstm"]) == []


def test_the_marks_own_level_counts():
    """Where it names one."""
    assert cases_of(parametrize(level="standard").mark, "full") == select("standard", notes=None)
    assert len(cases_of(parametrize().mark, "full")) > len(select("standard"))


def test_the_notes_that_are_asked_for():
    """Those of one claim, all, or none."""
    for notes in ("C2", "", None):
        found = cases_of(parametrize(notes=notes).mark, "standard")
        assert found == select("standard", notes=notes)
        assert any(case.label for case in found) == (notes is not None)


def test_a_law_takes_few_and_leaves_out_what_it_says():
    """Those that show every option, of those that it speaks of; and its notes, all of them."""
    stacked = Excluded("more than one layer", lambda case: case.config.num_layers > 1)
    found = cases_of(law(where=lstm, without=[stacked], notes="C2").mark, "full")
    spoken_of = [c for c in select("standard", kinds=["lstm"]) if c.config.num_layers == 1]
    noted = [case for case in found if case.label]
    assert found == [*few([case for case in spoken_of if not case.label]), *noted]
    assert noted == [case for case in spoken_of if case.label.endswith("C2")]
    assert len(noted) > 0


def test_at_quick_a_law_takes_fewer():
    """Those that show what networks are made of; of the notes those of its claim, as ever."""
    mark = law(where=lstm, notes="C2").mark
    found, at_standard = cases_of(mark, "quick"), cases_of(mark, "standard")
    assert set(found) <= set(at_standard)
    assert [case for case in found if case.label] == [case for case in at_standard if case.label]
    assert 4 < len(found) < len(at_standard) / 2
    for name in STRUCTURE:
        unlabelled = (c for c in at_standard if not c.label)
        assert {options_of(c)[name] for c in found} >= {options_of(c)[name] for c in unlabelled}


def test_at_quick_only_claims_have_the_notes():
    """There, "" is none: each claim has its own."""
    assert not any(case.label for case in cases_of(parametrize(notes="").mark, "quick"))
    of_a_claim = cases_of(parametrize(notes="C2").mark, "quick")
    assert {case.label[-2:] for case in of_a_claim if case.label} == {"C2"}


def test_at_quick_there_is_a_case_wherever_standard_has_one():
    """Each option is shown of what `where` asks for."""
    long = parametrize(where=lambda case: case.seq_len == 64 and case.config.bidirectional).mark
    found, at_standard = cases_of(long, "quick"), cases_of(long, "standard")
    assert set(found) <= set(at_standard)
    assert {case.layout for case in found} == {case.layout for case in at_standard}
    chaotic = cases_of(parametrize(where=lambda case: case.gain > 1).mark, "quick")
    assert {case.gain for case in chaotic} == {10}


def test_another_level_is_refused():
    """By name, with those that there are."""
    with pytest.raises(ValueError, match="a level of quick, standard, full, got 'fast'"):
        select("fast")
