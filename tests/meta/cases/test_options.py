"""Which options go together in one case."""

from dataclasses import replace

import pytest

from rnn_manual.cases.case import checked_case
from rnn_manual.cases.options import case_of, is_feasible

NOT_TOGETHER = [
    ({"layout": "unbatched", "B": 1}, {"layout": "unbatched", "B": 4}),
    ({"layout": "unbatched", "memory": "expanded"}, {"layout": "unbatched", "memory": "strided"}),
    ({"layout": "packed equal", "B": 0}, {"layout": "batched", "B": 0}),
    (
        {"layout": "packed equal", "memory": "expanded", "state": "omitted"},
        {"layout": "packed equal", "memory": "expanded", "state": "random"},
    ),
    ({"layout": "packed", "B": 1}, {"layout": "packed equal", "B": 1}),
    ({"layout": "packed sorted", "T": 1}, {"layout": "packed equal", "T": 1}),
    ({"dtype": "float16", "values": "large"}, {"dtype": "float32", "values": "large"}),
    ({"equations": "lstm proj", "H": 1}, {"equations": "lstm", "H": 1}),
    ({"dropout": "0.3", "num_layers": 1}, {"dropout": "0.3", "num_layers": 2}),
]


@pytest.mark.parametrize(("not_together", "together"), NOT_TOGETHER)
def test_what_goes_together(not_together, together):
    """What names no case, or one that another name has; and what is nearest to it and does."""
    assert not is_feasible(not_together)
    assert is_feasible(together)


def test_what_is_no_case_is_refused():
    """A Config, which people have at hand, by what makes a case of it."""
    case = case_of(equations="lstm")
    assert checked_case(case) is case
    with pytest.raises(TypeError, match=r"^expected a Case, got a Config; Case\(config\) is the p"):
        checked_case(case.config)
    with pytest.raises(TypeError, match="expected a Case, got str"):
        checked_case("lstm-f32")


def test_a_case_says_all_that_is_not_as_usual():
    """As a reader has it beside a failure, in words."""
    usual = case_of(equations="gru")
    assert str(usual) == "GRU(3, 5), T=7, B=4, float32, state random"
    other = replace(
        usual, layout="packed", state="omitted", training=False, values="NaN", call="frozen"
    )
    said = (
        "packed, lengths [1, 7, 5, 5], float32, state omitted, eval, input with NaN, called: frozen"
    )
    assert str(other) == f"GRU(3, 5), T=7, B=4, {said}"
