"""Every mode is run somewhere: at quick, and what takes too long for that where it is recorded."""

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.plugin.collection import cases_of_modes

SLOWEST = {name for name, mode in MODES.items() if mode.slowest}


def test_every_mode_has_a_case_at_quick_or_in_a_recording():
    """A recording has every mode; at quick only those are left out that take seconds a case."""
    quick = {mode for mode, _ in cases_of_modes("quick")}
    assert quick == MODES.keys() - SLOWEST
    assert {mode for mode, _ in cases_of_modes("quick", recording=True)} == MODES.keys()
    assert {"export-decomposed", "compile-traced-aot_eager", "export", "onnx"} <= quick
