"""What a law is not put to is said with its reason, and is not nothing."""

import pytest

from rnn_manual.cases import excluded
from rnn_manual.cases.excluded import Excluded
from rnn_manual.cases.levels import full

EXCLUDED = {name: value for name, value in vars(excluded).items() if isinstance(value, Excluded)}


@pytest.mark.parametrize("name", EXCLUDED)
def test_what_is_left_out_is_said_and_is_some_but_not_all(name):
    """A filter that leaves out nothing, or everything, would be no filter."""
    assert EXCLUDED[name].reason
    held = {EXCLUDED[name].holds(case) for case in full()}
    assert held == {True, False}
