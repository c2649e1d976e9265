"""Which cases `prove` takes: few, and all that a layer may go another way for."""

from itertools import combinations

import pytest

from rnn_manual.cases.features import features_of
from rnn_manual.cases.options import is_feasible, options_of
from rnn_manual.cli.prove.selection import chosen, in_place_of, in_sizes
from rnn_manual.parity import select

PAIRED = (
    "stacked", "bidirectional", "proj_size", "no bias", "eval", "batch_first", "unbatched",
    "state omitted",
)  # fmt: skip
PACKED = (*PAIRED, "packed", "packed sorted", "packed equal", "state random")
KINDS = sorted({case.kind for case in select()})


@pytest.mark.parametrize("kind", KINDS)
def test_every_feature_of_every_kind_is_there(kind):
    """But for the batch of none, of which there is nothing to prove."""
    of_kind = [case for case in select() if case.kind == kind]
    there = {name for case in of_kind for name in features_of(case)} - {"B = 0"}
    assert {name for case in chosen(of_kind) for name in features_of(case)} == there


def test_they_are_few():
    """So that they are proved in seconds."""
    assert len(chosen(select())) < len(select()) / 2


@pytest.mark.parametrize("sizes", [{"T": 128, "B": 33, "I": 64, "H": 64}, {"T": 1}, {"H": 1}])
def test_all_are_of_the_sizes_that_are_asked_for(sizes):
    """Of those that are not asked for, of the plainest: each once, and every structure's."""
    there, impossible = in_sizes(select(), sizes)
    assert impossible
    assert all(is_feasible(options_of(case)) for case in there)
    assert len(set(there)) == len(there)
    for case in there:
        found = options_of(case)
        wanted = {"T": 7, "B": 4, "I": 3, "H": 5} | sizes
        if case.layout == "unbatched":
            wanted["B"] = 4
        assert {name: found[name] for name in wanted} == wanted
    structure = {c.config.num_rows for c in select()}
    assert {1, 2, 4} <= {c.config.num_rows for c in there} <= structure
    assert in_sizes(select(), {}) == (select(), 0)


@pytest.mark.parametrize("kind", KINDS)
def test_any_three_of_the_network_are_there(kind):
    """A weight of W_hr in reverse above the first layer is read where three of them meet."""
    of_kind = [set(features_of(case)) for case in select() if case.kind == kind and case.batch_size]
    taken = [set(features_of(c)) for c in chosen(select()) if c.kind == kind]
    for three in map(set, combinations(("stacked", "bidirectional", "proj_size", "no bias"), 3)):
        assert any(map(three.issubset, taken)) == any(map(three.issubset, of_kind)), three


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("two", [*combinations(PAIRED, 2)], ids="+".join)
def test_every_two_of_the_structure_are_there_without_packed_input(kind, two):
    """So that a layer that declines packed input is looked at in all, over several steps."""
    padded = [
        case
        for case in select()
        if case.kind == kind
        and not case.packed
        and case.batch_size
        and case.seq_len > 1
        and {*two} <= {*features_of(case)}
    ]
    if not padded:
        assert "proj_size" in two
        assert kind != "lstm"
    else:
        assert set(padded) & set(chosen(select()))


def bi(case):
    return case.config.bidirectional


TAKES = {
    "packed input": lambda c: c.packed and not c.config.proj_size,
    "one layer of one direction": lambda c: c.config.num_rows == 1,
    "no dropout": lambda c: c.config.dropout == 0,
    "inference": lambda c: c.call in ("no_grad", "inference_mode"),
    "eval without gradients": lambda c: c.call == "no_grad" and not c.training,
    "packed input or two directions": lambda c: c.packed != bi(c),
    "two layers of two directions": lambda c: c.call == "no_grad" and c.config.num_rows == 4,
    "one direction, without a state": lambda c: c.packed and not bi(c) and c.state == "omitted",
}


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("what", TAKES)
def test_of_a_layer_that_takes_little_there_is_all_that_it_takes(what, kind):
    """Every feature, and two of the structure, that other cases were to show and it declined."""
    there, takes = select(kinds=[kind]), TAKES[what]
    taken, tried, more = [], [], chosen(there)
    while more:
        assert not {*more} & {*tried}
        tried += more
        taken += filter(takes, more)
        more = in_place_of([case for case in tried if not takes(case)], taken, there)
    packed = all(case.packed for case in taken)
    names = PACKED if packed else PAIRED

    def pairs(cases):
        several = [c for c in cases if takes(c) and c.seq_len > 1 and c.batch_size]
        shown = ([n for n in names if n in features_of(c)] for c in several)
        return {two for features in shown for two in combinations(features, 2)}

    assert pairs(taken) >= pairs(c for c in there if c.packed == packed)
    features = ({*features_of(c)} for c in there if takes(c) and c.batch_size)
    assert set().union(*map(features_of, taken)) == set().union(*features)


def test_of_a_kind_that_it_does_not_take_no_more_is_asked():
    """If it takes another; if it took nothing so far, all may yet be taken."""
    there = select()
    first = chosen(there)
    lstm = [case for case in first if case.config.kind == "lstm" and not case.packed]
    others = [case for case in first if case not in lstm]
    assert {case.config.kind for case in in_place_of(others, lstm, there)} == {"lstm"}
    assert {case.config.kind for case in in_place_of(first, [], there)} == {"rnn", "lstm", "gru"}


def test_of_a_layer_that_takes_all_nothing_is_tried_twice():
    """What was shown is shown, and nothing stands in its place."""
    there = select(kinds=["lstm"])
    assert in_place_of([], chosen(there), there) == []


@pytest.mark.parametrize("what", ["packed input", "one layer of one direction", "no dropout"])
def test_what_it_is_seen_to_decline_is_asked_last(what):
    """So that little is asked in vain."""
    there, takes = select(kinds=["lstm"]), TAKES[what]
    first = chosen(there)
    taken, declined = ([c for c in first if takes(c) == is_taken] for is_taken in (True, False))
    second = in_place_of(declined, taken, there)
    assert sum(map(takes, second)) > len(second) / 2
