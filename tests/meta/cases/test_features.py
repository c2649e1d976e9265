"""The rows of the closing table: a case counts in those whose condition it meets, in no other."""

from dataclasses import fields

import pytest

from rnn_manual.cases.case import Case
from rnn_manual.cases.features import CHAOTIC, FEATURES, features_of
from rnn_manual.config import Config

OF_A_CASE = {field.name for field in fields(Case)}
DROPOUT = {"num_layers": 2, "dropout": 0.3}


def case(**options):
    """A plain case, but for the options of its configuration and of its call that are given."""
    of_the_case = {name: options[name] for name in options.keys() & OF_A_CASE}
    config = {"kind": "lstm", "input_size": 3, "hidden_size": 5} | options
    return Case(Config(**{n: config[n] for n in config.keys() - OF_A_CASE}), **of_the_case)


# Row → a case that only just counts in it, and one that only just does not.
EDGES = {
    **{name: ({"dtype": name}, {}) for name in ("float64", "bfloat16", "float16")},
    "float32": ({}, {"dtype": "float64"}),
    "stacked": ({"num_layers": 2}, {}),
    "bidirectional": ({"bidirectional": True}, {}),
    "proj_size": ({"proj_size": 1}, {}),
    "no bias": ({"bias": False}, {}),
    "dropout": (DROPOUT, DROPOUT | {"dropout": 1.0}),
    "dropout of 1": (DROPOUT | {"dropout": 1.0}, DROPOUT),
    "dropout, no effect": (DROPOUT | {"training": False}, DROPOUT),
    "eval": ({"training": False}, {}),
    "batch_first": ({"batch_first": True}, {}),
    **{
        name: ({"layout": name}, {})
        for name in ("unbatched", "packed", "packed sorted", "packed equal")
    },
    "state random": ({}, {"state": "ones"}),
    **{f"state {name}": ({"state": name}, {}) for name in ("omitted", "zeros", "ones")},
    **{
        name: ({"call": name}, {})
        for name in (
            "no_grad",
            "inference_mode",
            "weights only",
            "frozen",
            "partly frozen",
            "loss on out",
            "loss on h_n",
            "after another",
            "before another",
            "out changed",
            "states changed",
            "second derivatives",
        )
    },
    "T = 1": ({"seq_len": 1}, {"seq_len": 2}),
    "B = 0": ({"batch_size": 0}, {"batch_size": 1}),
    "B = 1": ({"batch_size": 1}, {"batch_size": 1, "layout": "unbatched"}),
    "I = 1": ({"input_size": 1}, {"input_size": 2}),
    "H = 1": ({"hidden_size": 1}, {"hidden_size": 2}),
    "T ≥ 50": ({"seq_len": 50}, {"seq_len": 49}),
    "B > 100": ({"batch_size": 101}, {"batch_size": 100}),
    "H > 100": ({"hidden_size": 101}, {"hidden_size": 100}),
    **{
        name: ({"values": name}, {})
        for name in ("signed zeros", "small", "large", "infinities", "NaN")
    },
    **{name: ({"memory": name}, {}) for name in ("strided", "expanded")},
    "notes": ({"label": "notes-D3"}, {}),
}


@pytest.mark.parametrize("row", FEATURES)
def test_a_case_counts_where_it_belongs(row):
    """Every row has a case that just meets its condition, and one beside it that does not."""
    inside, outside = EDGES[row]
    assert row in features_of(case(**inside))
    assert row not in features_of(case(**outside))


def test_nothing_else_is_counted():
    """A plain case counts in the rows of its dtype and its state; a chaotic one by itself."""
    assert EDGES.keys() == FEATURES.keys()
    assert features_of(case()) == ["float32", "state random"]
    assert features_of(case(batch_size=1)) == ["float32", "state random", "B = 1"]
    assert features_of(case(batch_size=2)) == ["float32", "state random"]
    assert features_of(case(gain=10.0, bidirectional=True)) == [CHAOTIC]
