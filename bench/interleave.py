"""The subjects in turn, round after round: what slows one round down slows all of them.

pyperf gives every benchmark processes of its own and pytest-benchmark finishes one before it begins
the next, so neither can compare within a round; the inner loop is `timeit`'s.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import process_time
from timeit import Timer
from typing import Any

NOT_BELOW = 0.005  # seconds that the first subject is run for without a break, in every round


@dataclass(frozen=True)
class Timed:
    """What is called, and what is entered first, which takes no part in the time."""

    call: Callable[[], Any]
    around: Callable[[], AbstractContextManager[Any]] = nullcontext

    def once(self) -> Any:
        with self.around():
            return self.call()

    def seconds(self, number: int) -> float:
        with self.around():
            return Timer(self.call, timer=process_time).timeit(number) / number


@dataclass(frozen=True)
class Ratio:
    """A time divided by the first subject's in the same round: quartiles over the rounds."""

    median: float
    low: float
    high: float
    rounds: int
    seconds: float  # the median of the time itself, for one call


def interleaved(
    subjects: Mapping[str, Timed], seconds: float, at_least: int = 3, at_most: int = 100
) -> dict[str, Ratio]:
    """How long each takes, compared with the first.

    Args:
        seconds: what all rounds together should take; there are `at_least` so many all the same.
    """
    first = next(iter(subjects))
    for _ in range(2):  # the first warms up
        once = {name: subject.seconds(1) for name, subject in subjects.items()}
    number = NOT_BELOW / once[first]
    # A subject that takes far longer need not be called as often to be seen as exactly.
    share = {name: min(1, 4 * once[first] / t) for name, t in once.items()}
    numbers = {name: max(1, round(number * part)) for name, part in share.items()}
    rounds = int(seconds / sum(numbers[name] * t for name, t in once.items()))
    times: dict[str, list[float]] = {name: [] for name in subjects}
    order, shuffle = list(subjects), random.Random(0).shuffle
    for _ in range(min(at_most, max(at_least, rounds))):
        shuffle(order)
        for name in order:
            times[name].append(subjects[name].seconds(numbers[name]))
    return {name: _ratio(taken, times[first]) for name, taken in times.items()}


def _ratio(times: list[float], first: list[float]) -> Ratio:
    ratios = [a / b for a, b in zip(times, first, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Ratio(median, low, high, len(ratios), statistics.median(times))
