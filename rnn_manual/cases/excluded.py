"""Cases that a law is not put to, each with the reason why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rnn_manual.cases.case import Case


@dataclass(frozen=True)
class Excluded:
    """Cases of which `holds` is true, left out because `reason`."""

    reason: str
    holds: Callable[[Case], bool]


NARROW = Excluded(
    "in 16 bits different numbers are equal by chance",
    lambda case: case.dtype in ("bfloat16", "float16"),
)
DRAWN = Excluded("dropout draws other masks at each call", lambda case: case.random)
UNBIASED = Excluded(
    "without bias, a unit that reads nothing shows nothing of what is below it",
    lambda case: not case.config.bias,
)
EMPTY = Excluded("there is nothing in a batch of none", lambda case: case.batch_size == 0)
ZEROS = Excluded(
    "dropout of 1 leaves layers above the first nothing but zeros",
    lambda case: case.drops and case.config.dropout == 1,
)
SPECIAL = Excluded(
    "NaN and infinities spread; they and what is large saturate what they reach; what is small "
    "changes nothing but gradients",
    lambda case: case.values in ("NaN", "infinities", "large", "small"),
)
CHAOTIC = Excluded("in chaos every change is amplified to anything", lambda case: case.gain != 1)
ONE_ROW = Excluded(
    "expanded, all rows of the batch are one row in memory", lambda case: case.memory == "expanded"
)
LONG = Excluded(
    "it takes a call for every step, and a long case shows no more than a short one",
    lambda case: case.seq_len > 20 and not case.label,
)
OTHER_CALLS = Excluded(
    "it asks for all gradients of a single call", lambda case: case.call != "with gradients"
)
WIDE = Excluded(
    "it takes a call for every unit, and a wide layer shows no more than a narrow one",
    lambda case: case.config.hidden_size >= 30,
)
FADED = Excluded(
    "through ten steps and more a gradient fades to what rounding hides",
    lambda case: case.seq_len >= 10,
)
MANY = Excluded(
    "where two gradients disagree, every number that goes in is moved by itself",
    lambda case: case.config.hidden_size > 5 or case.seq_len >= 20,
)
KINKED = Excluded(
    "a relu that adds up to 0, as without bias from a state of zeros, has two slopes",
    lambda case: case.config.nonlinearity == "relu" and case.state == "zeros",
)
