"""What the levels' cases show, asserted of the cases themselves: those that can tell a fault."""

import itertools

import pytest

from rnn_manual.cases.covering import combinations_of
from rnn_manual.cases.levels import FACTORS, full, standard
from rnn_manual.cases.options import (
    ALL,
    MASKING,
    PLAIN,
    TELLING,
    case_of,
    is_feasible,
    is_telling,
    options_of,
)
from rnn_manual.cases.together import PLAIN_WAYS, STRUCTURE
from rnn_manual.parity import select


@pytest.fixture(scope="module")
def telling_rows():
    return [options_of(case) for case in standard() if is_telling(case)]


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
    for case in [*standard(), *full()[::7]]:
        if case.config.num_layers < 5 and case.gain == 1:
            assert case_of(**options_of(case)) == case


def test_standard_shows_every_pair(telling_rows):
    """Every two options occur together in a case of float32 or float64 that can show something."""
    assert missing(telling_rows, TELLING, 2) == []


def test_standard_shows_every_triple_of_the_structure(telling_rows):
    """And every three of what a network is made of, and how its input is handed in."""
    assert missing(telling_rows, STRUCTURE, 3) == []


@pytest.mark.parametrize(
    ("name", "equations"),
    [
        *itertools.product(["call", "values"], ["rnn tanh", "lstm", "gru"]),
        *itertools.product(["memory"], ["rnn tanh", "lstm", "lstm proj", "gru"]),
        *itertools.product(["dtype"], TELLING["equations"]),
    ],
)
def test_standard_shows_each_of_these_alone(name, equations):
    """A layer of one direction that takes neither packed input nor a stack is asked them, too."""
    plain = options_of(case_of(equations=equations))
    alone = [row for row in map(options_of, standard()) if row == plain | {name: row[name]}]
    assert {row[name] for row in alone} == {*ALL[name]}


GIVEN_OR_NOT = TELLING | {"state": ("random", "omitted")}
WAYS = {  # by what a layer chooses its way: which options, with what values
    "layout, batch_first and state": ("equations", "layout", "batch_first", "state"),
    "call and state": ("equations", "call", "state"),
}
BY_CALL = {name: values for name, values in STRUCTURE.items() if name != "equations"}


@pytest.mark.parametrize("names", WAYS.values(), ids=WAYS)
def test_standard_shows_every_way_of_each_kind_of_layer(names, telling_rows):
    """What a layer is called with, whether it has a state, and how: in every kind of layer."""
    assert missing(telling_rows, {name: GIVEN_OR_NOT[name] for name in names}, len(names)) == []


def test_a_way_that_is_missing_is_found(telling_rows):
    """Without unbatched input, batch_first and no state, those of that GRU are missing."""
    one = {"equations": "gru", "layout": "unbatched", "batch_first": True, "state": "omitted"}
    left = [row for row in telling_rows if not one.items() <= row.items()]
    assert len(left) < len(telling_rows)
    assert missing(left, {name: GIVEN_OR_NOT[name] for name in one}, 4) == [tuple(one.items())]


def test_standard_shows_any_two_options_in_each_kind_of_layer(telling_rows):
    """Of what is not about the call: every kind of layer with every two of them."""
    factors = GIVEN_OR_NOT | {"num_layers": STRUCTURE["num_layers"]}
    names = [name for name in factors if name not in ("equations", "call")]
    for two in itertools.combinations(names, 2):
        assert missing(telling_rows, {n: factors[n] for n in ("equations", *two)}, 3) == []


@pytest.mark.parametrize("name", BY_CALL)
@pytest.mark.parametrize("call", ["no_grad", "weights only"])
def test_standard_shows_what_a_layer_is_made_of_where_it_may_go_a_shorter_way(
    call, name, telling_rows
):
    """Without gradients, or with none of the input: every structure of every kind of layer."""
    factors = {"equations": TELLING["equations"], name: BY_CALL[name], "call": (call,)}
    if name == "num_layers":
        factors[name] = (1, 2)
    assert missing(telling_rows, factors, 3) == []


def masks_of(row):
    """The values that mask others which a case has."""
    return [(name, row[name]) for name, values in MASKING.items() if row[name] in values]


@pytest.mark.parametrize("mask", [(name, v) for name, values in MASKING.items() for v in values])
def test_standard_shows_every_value_that_masks_others(mask):
    """Such as NaN or one unit: with every structure and way forward, and nothing else masked."""
    rows = [row for row in map(options_of, standard()) if masks_of(row) == [mask]]
    ways = STRUCTURE | {
        "state": GIVEN_OR_NOT["state"],
        "call": ("with gradients", "no_grad", "inference_mode", "weights only", "frozen"),
    }
    name, value = mask
    for other, values in ways.items():
        assert missing(rows, {name: (value,), other: values}, 2) == []


@pytest.mark.parametrize("equations", TELLING["equations"])
def test_standard_packs_several_sequences_in_each_kind_of_layer(equations, telling_rows):
    """Four of them, and a state: of fewer no two lengths are alike, and an order cannot be seen."""
    several = {"layout": "packed", "state": "random", "B": 4, "memory": "contiguous"}
    several |= {"equations": equations}
    assert [row for row in telling_rows if several.items() <= row.items()]


@pytest.mark.parametrize("values", ["small", "large"])
@pytest.mark.parametrize("equations", TELLING["equations"])
def test_standard_takes_numbers_of_another_size_in_each_kind_of_layer(equations, values):
    """Simply called, with all gradients."""
    asked = {"equations": equations, "values": values, "call": "with gradients"}
    assert [case for case in standard() if asked.items() <= options_of(case).items()]


def test_dropout_is_only_where_there_is_a_layer_above():
    """Where it acts, that is; of one layer it does nothing, and is shown as an option."""
    for dropout in MASKING["dropout"]:
        assert not is_feasible({"dropout": dropout, "num_layers": 1})
        assert is_feasible({"dropout": dropout, "num_layers": 2})
    assert is_feasible({"dropout": "0.3, eval", "num_layers": 1})


def test_each_level_has_all_of_the_one_before_and_more():
    """By the name of the level."""
    assert set(select("full")) > set(select("standard")) > set(select("quick"))
    assert len(select("full")) > 5 * len(select("standard"))
    assert len(select("standard", notes=None)) > 4 * len(select("quick", notes=None))


@pytest.mark.parametrize("equations", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("dtypes", [(), ("float64",), ("bfloat16",)])
def test_quick_shows_every_option_in_each_kind_of_layer(equations, dtypes):
    """Of a format that is asked for, too: all that standard shows of it. None is chaotic."""
    asked = {"kinds": [equations], "dtypes": dtypes, "notes": None}
    found = select("quick", **asked)
    there = select("standard", **asked, where=lambda case: case.gain == 1)
    for name in ALL:
        shown = {options_of(case)[name] for case in found}
        assert shown == {options_of(case)[name] for case in there}
    assert {case.gain for case in found} == {1}
    assert len(found) <= 45
    if not dtypes:
        assert set(found) <= set(select("quick"))


def test_quick_has_the_plainest():
    """In each format, every kind of layer."""
    plain = {case_of(equations=e, dtype=d) for e in ALL["equations"] for d in ALL["dtype"]}
    assert plain <= set(select("quick"))


def test_full_shows_every_triple():
    """At full, every three options occur together in a case that can show something."""
    rows = [options_of(case) for case in full() if is_telling(case)]
    assert missing(rows, FACTORS, 3) == []


@pytest.mark.parametrize("equations", TELLING["equations"])
def test_standard_is_on_either_side_of_every_threshold(equations, telling_rows):
    """Sizes at which implementations change their ways are passed, in every kind of layer."""
    rows = [row for row in telling_rows if row["equations"] == equations]
    for name, sizes in {
        "H": (17, 32, 47, 65, 128, 135),
        "B": (4, 131),
        "num_layers": (4, 6),
        "T": (7, 13, 64, 130),
    }.items():
        assert set(sizes) <= {row[name] for row in rows}, name


@pytest.mark.parametrize("T", [13, 64, 130])
def test_standard_is_long_in_every_layout_and_direction(T, telling_rows):
    """Steps beyond the twelfth, packed and backwards too."""
    rows = {(row["layout"], row["bidirectional"]) for row in telling_rows if row["T"] == T}
    assert rows == set(itertools.product(TELLING["layout"], (False, True)))


@pytest.mark.parametrize("layout", PLAIN_WAYS["layout"])
@pytest.mark.parametrize("equations", PLAIN_WAYS["equations"])
def test_standard_shows_any_two_ways_on_input_that_is_plain_else(equations, layout):
    """For a layer that goes its own way there alone, as one that leaves the rest to nn."""
    plain = PLAIN | {"equations": equations, "layout": layout}
    ways = {name: PLAIN_WAYS[name] for name in PLAIN_WAYS.keys() - {"equations", "layout"}}
    rows = [options_of(case) for case in standard()]
    rows = [row for row in rows if all(row[n] == plain[n] for n in plain.keys() - ways)]
    assert missing(rows, ways, 2) == []


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
        lambda c: c.config.hidden_size % 32 == 0 and c.config.input_size % 16 == 0,
    ],
)
def test_what_once_was_missing_is_there(holds):
    """A strict review found that standard had no such case that could tell."""
    assert [case for case in select("standard", where=is_telling) if holds(case)]
