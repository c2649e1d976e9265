"""What the levels' cases show, asserted of the cases themselves: those that can tell a fault."""

import itertools

import pytest

from rnn_manual.cases.covering import combinations_of
from rnn_manual.cases.levels import FACTORS, STRUCTURE, full, quick
from rnn_manual.cases.options import ALL, TELLING, case_of, is_feasible, is_telling, options_of
from rnn_manual.parity import select


@pytest.fixture(scope="module")
def telling_rows():
    return [options_of(case) for case in quick() if is_telling(case)]


def missing(rows, factors, strength):
    """Combinations of options that none of the rows has, and that a case can have."""
    shown = set()
    for names in itertools.combinations(factors, strength):
        shown |= {tuple((name, row[name]) for name in names) for row in rows}
    wanted = {c for c in combinations_of(factors, strength) if is_feasible(dict(c))}
    return sorted(wanted - shown, key=str)


def test_what_is_missing_is_found(telling_rows):
    """Without the cases of one pair, that pair is missing."""
    left = [row for row in telling_rows if not (row["batch_first"] and row["layout"] == "packed")]
    assert (("batch_first", True), ("layout", "packed")) in missing(left, TELLING, 2)


def test_a_case_has_the_options_it_was_made_of():
    """Nothing is bent on the way from options to a case: read off the case, they are the same."""
    for case in [*quick(), *full()[::7]]:
        if case.config.num_layers < 5 and case.gain == 1:
            assert case_of(**options_of(case)) == case


def test_quick_shows_every_pair(telling_rows):
    """Every two options occur together in a case of float32 or float64 that can show something."""
    assert missing(telling_rows, TELLING, 2) == []


def test_quick_shows_every_triple_of_the_structure(telling_rows):
    """And every three of what a network is made of, and how its input is handed in."""
    assert missing(telling_rows, STRUCTURE, 3) == []


def test_quick_shows_every_value():
    """Values that mask others, such as NaN or one unit, occur too."""
    rows = [options_of(case) for case in quick()]
    assert missing(rows, ALL, 1) == []


def test_full_shows_every_triple():
    """At full, every three options occur together in a case that can show something."""
    rows = [options_of(case) for case in full() if is_telling(case)]
    assert missing(rows, FACTORS, 3) == []


@pytest.mark.parametrize("equations", TELLING["equations"])
def test_quick_is_on_either_side_of_every_threshold(equations, telling_rows):
    """Sizes at which implementations change their ways are passed, in every kind of layer."""
    rows = [row for row in telling_rows if row["equations"] == equations]
    for name, sizes in {
        "H": (31, 33, 63, 65, 127, 129),
        "B": (4, 131),
        "num_layers": (4, 5, 6),
        "T": (7, 13, 30, 60),
    }.items():
        assert set(sizes) <= {row[name] for row in rows}, name


@pytest.mark.parametrize("T", [13, 30, 60])
def test_quick_is_long_in_every_layout_and_direction(T, telling_rows):
    """Steps beyond the twelfth, packed and backwards too."""
    rows = {(row["layout"], row["bidirectional"]) for row in telling_rows if row["T"] == T}
    assert rows == set(itertools.product(TELLING["layout"], (False, True)))


@pytest.mark.parametrize(
    "holds",
    [
        lambda c: c.config.kind == "gru" and c.config.hidden_size > 5,
        lambda c: c.config.proj_size and c.config.num_layers == 4,
        lambda c: c.config.kind == "gru" and c.layout == "packed sorted",
        lambda c: c.config.bidirectional and c.layout == "packed sorted",
        lambda c: c.config.proj_size and c.memory == "strided",
        lambda c: c.config.bidirectional and c.seq_len > 12,
        lambda c: c.packed and c.seq_len > 7,
        lambda c: c.packed and c.config.batch_first,
        lambda c: c.layout == "unbatched" and c.config.batch_first,
        lambda c: c.layout == "batched" and c.config.batch_first and c.batch_size > 130,
    ],
)
def test_what_once_was_missing_is_there(holds):
    """A strict review found that quick had no such case that could tell."""
    assert [case for case in select("quick", where=is_telling) if holds(case)]
