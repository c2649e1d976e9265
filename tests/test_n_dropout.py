"""N. Dropout, of layers that draw masks of their own.

The masks are random, so a right layer fails by chance: less than once in a million runs. The claims
make some thousand tries of chance, each of which fails with a probability below CHANCE.
"""

import numpy as np
import pytest

from rnn_manual.cases.excluded import EMPTY, NARROW, SPECIAL, UNBIASED
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.dropout import (
    against_the_oracle,
    as_table,
    chance_of,
    kept_of,
    pairs_of,
    several_calls,
    with_dropout,
)
from rnn_manual.claims.laws import assert_same, claim

CHANCE = 1e-10
STACKS = {
    "where": lambda case: (
        1 < case.config.num_layers < 4 and not case.config.dropout and case.config.hidden_size < 30
    ),
    "without": [EMPTY, NARROW, SPECIAL, UNBIASED],
}


@claim("N1", "y = mask·x / (1 - p) between layers, none after the last, and so on the way back")
@law(**STACKS)
def test_dropout_is_a_mask_between_layers(layer, case):
    """On the masks that out tells, every value and gradient is what the oracle gives on them."""
    dropping = with_dropout(case, 0.3)
    data, (first, *_, last) = several_calls(layer, dropping)
    for call in (first, last):
        compared = against_the_oracle(dropping, data, call)
        wrong = ", ".join(name for name, tensor in compared.items() if tensor.verdict.fails)
        assert not wrong, f"with the masks that out shows, the oracle gives others for {wrong}"


@claim("N2", "P(mask = 1) = 1 - p, for every step, row, unit, layer and call by itself")
@pytest.mark.parametrize("p", [0.3, 0.8])
@law(**STACKS)
def test_masks_are_drawn_one_by_one(layer, case, p):
    """The share kept is 1 - p, and no two masks of a layer or call have to do with one another."""
    dropping = with_dropout(case, p, many=True)
    _, calls = several_calls(layer, dropping)
    table = as_table(dropping, np.stack([kept_of(dropping, call) for call in calls]))
    for number, found in enumerate(np.moveaxis(table, 1, 0)):
        shown = found[~np.isnan(found)]
        kept, drawn = int(shown.sum()), shown.size
        assert chance_of(kept, drawn, 1 - p) > CHANCE, f"layer {number}: {kept} of {drawn} kept"
    for name, a, b in pairs_of(table):
        shown = ~(np.isnan(a) | np.isnan(b))
        alike, pairs = int((a == b)[shown].sum()), int(shown.sum())
        expected = p**2 + (1 - p) ** 2
        assert chance_of(alike, pairs, expected) > CHANCE, f"{name}: {alike} of {pairs} alike"


@claim("N3", "manual_seed(s) ⇒ the same masks")
@law(**STACKS)
def test_a_seed_gives_the_same_masks(layer, case):
    """torch.manual_seed decides on the masks: after the same seed, every number is the same."""
    dropping = with_dropout(case, 0.3)
    first, again = (layer(dropping).values for _ in range(2))
    assert_same(first.out, again.out, "out of the first call and of the second")
