"""Which cases `prove` takes: few, and all that a layer may go another way for."""

from itertools import combinations

import pytest

from rnn_manual.cases.features import features_of
from rnn_manual.cli.prove.selection import PAIRED, chosen
from rnn_manual.parity import select

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
