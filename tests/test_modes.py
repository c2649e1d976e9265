"""However a layer is run, it computes the same: compiled, exported, under autocast, copied, …"""

import pytest

from rnn_manual.parity import check
from rnn_manual.parity.candidates import NN, in_mode, is_module_class
from rnn_manual.parity.marks import in_every_mode


@in_every_mode
def test_a_mode_changes_nothing(candidate, device, record, mode, case):
    """Run in a mode, a layer still agrees with the loops; what torch declines, it says itself."""
    if candidate.mode or not (candidate == NN or is_module_class(candidate.subject)):
        pytest.skip("only a module can be run in modes, and in one at a time")
    record(check(in_mode(candidate, mode), case, device=device))
