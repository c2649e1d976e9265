"""What is said of a formula that is another, where nothing is found that stands there."""

import pytest

from rnn_manual.parity import prove
from rnn_manual.proof.formula import Formula, Place, in_words
from tests.meta.proof.small import small


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(1, "backward", 2, "h'"), "h' of layer 1, backward, step 2 is another formula"),
        (Place(0, None, None, "h_n"), "h_n of layer 0 is another formula"),
        (Place(None, None, None, "out"), "out is another formula"),
    ],
)
def test_the_place_is_told_as_far_as_it_is_known(place, words):
    """Layer, direction and step, if it is one of these."""
    said, *_ = in_words(Formula("other", where=place, differs=("out",)))
    assert said == f"formula   {words} than the loops'"


def test_the_line_is_told_of_what_raised_or_of_where_it_begins():
    """Whichever of them is known."""
    began = Formula("other", where=Place(0, "forward", 0, "h'", "mine.py:3  h = x"), held=True)
    assert "at        mine.py:3  h = x" in in_words(began)
    raised = Formula(
        "open", "raised OSError", violation="raised OSError", line="mine.py:4  open(x)"
    )
    assert in_words(raised)[1:] == ["at        mine.py:4  open(x)"]


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, ""), (5, " and 1 more")])
def test_without_a_place_the_results_are_named(count, more):
    """Four of them, and how many more there are."""
    names = [f"r{k}" for k in range(count)]
    tensors = dict.fromkeys(names, "other") | {"right": "proved"}
    said, *_ = in_words(Formula("other", tensors=tensors, differs=("r0",)))
    assert said == f"formula   {', '.join(names[:4])}{more}: another formula than the loops'"


def test_what_is_proved_is_the_same_in_each_run():
    """It was run once."""
    assert prove("torch.nn", small("gru")).formula.steady
