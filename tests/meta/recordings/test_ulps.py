"""Distances in units in the last place."""

import numpy as np
import pytest

from rnn_manual.recordings.compared.ulps import ulps

ONE = {"float32": 2.0**-23, "float64": 2.0**-52, "float16": 2.0**-10, "bfloat16": 2.0**-7}


@pytest.mark.parametrize("dtype", ONE)
def test_units_in_the_last_place(dtype):
    """The next number is one unit away, on either side of a power of two, and of zero."""
    to = np.float32 if dtype == "bfloat16" else np.dtype(dtype)

    def apart(a, b):
        return int(ulps(np.array([a], to), np.array([b], to), dtype)[0])

    assert apart(1, 1 + ONE[dtype]) == 1
    assert apart(1, 1 - ONE[dtype] / 2) == 1
    assert apart(-1, -1 - 3 * ONE[dtype]) == 3
    assert apart(0.0, -0.0) == 1
    assert apart(np.nan, np.nan) == apart(np.inf, np.inf) == 0
    assert apart(1, -1) == 2 * apart(0.0, 1) + 1
    assert apart(1, np.nan) > 0
