"""The ways in which people run a recurrent layer: each a built-in candidate, and a row."""

from rnn_manual.parity.modes import (
    calls,
    compilers,
    computed,
    devices,
    eager,
    formats,
    lives,
    onnx,
    transforms,
)
from rnn_manual.parity.modes.declining import declines
from rnn_manual.parity.modes.mode import Mode

# In the order of the table's rows.
FAMILIES = (eager, transforms, computed, compilers, onnx, formats, devices, lives, calls)
MODES: dict[str, Mode] = {mode.name: mode for family in FAMILIES for mode in family.MODES}

__all__ = ["MODES", "Mode", "declines"]
