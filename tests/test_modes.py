"""However a layer is run, it computes the same: compiled, exported, under autocast, copied, …"""

import pytest

from rnn_manual.parity import check


@pytest.mark.rnn_manual_modes
def test_a_mode_changes_nothing(candidate, device, record, mode, case):
    """Run in a mode, a layer still agrees with the loops; what torch declines, it says itself."""
    if candidate.mode:
        pytest.skip("it is run in a mode already, and in one at a time")
    record(check(candidate, case, device=device, mode=mode))
