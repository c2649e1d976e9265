"""A test file of as many cases as CASES says: the smallest there is, its numbers drawn anew."""

import os

import pytest

from rnn_manual import Config
from rnn_manual.parity import Case, check

NUMBER = int(os.environ.get("CASES", "1"))
SMALLEST = Config("rnn", 1, 1)


@pytest.mark.parametrize("seed", range(NUMBER))
def test_case(seed):
    check("torch.nn", Case(SMALLEST, seq_len=1, batch_size=1, seed=seed)).assert_ok()
