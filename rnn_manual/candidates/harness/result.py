"""What a run of a candidate gave, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from rnn_manual.cases.draw import Floats

# Why a gradient is not there. Each is another fact about a layer, and is told as such.
FROZEN = "frozen"
COPIED = "a copy of the weights"
NO_GRAPH = "no gradient at all"
NOT_ITS_OWN = "it has no such parameter"
SHAPED = "an output has another shape"
REFUSED = "refused, for the outputs were changed in place"
SUMMED = "second derivatives take all of the first ones"
DECLINED = "declined"  # and then in whose words


@dataclass(frozen=True)
class Result:
    """What a run gave, by name: out, h_n, c_n, and `grad NAME` for input, states, parameters.

    missing: name → why a gradient that was asked for is not there.
    lost: those of them that are there when the layer is simply called, and not as it was called
        here, or not in a mode.
    broken: what the candidate raised during backward, if it did; line: where in its own code.
    """

    tensors: dict[str, Floats]
    missing: dict[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    broken: str = ""
    line: str = ""
