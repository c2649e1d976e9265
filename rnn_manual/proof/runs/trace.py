"""Everything that a candidate computed on a case, operation by operation, found by what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.process.own_line import line_now
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints, Residues, digests
from rnn_manual.proof.expected.leaves import points_of
from rnn_manual.proof.runs.mirrored import GIVEN, Mirrored, mirrored

Keys = NDArray[np.uint64]
THERE, BACK = "there", "back"


@dataclass(frozen=True)
class Executed:
    """One operation.

    line: of the candidate's own code. keys: where its values stand in the trace's.
    way: whether on the way there or back; "" if in another call than the case's own.
    """

    label: str
    line: str
    keys: slice
    way: str


@dataclass(frozen=True)
class Trace:
    """All operations in order, and a key for every value that one of them computed.

    residues: of every value, at each point: (K, values), as int32.
    """

    executed: list[Executed]
    keys: Keys
    residues: NDArray[np.int32]
    mirrored: Mirrored

    def points_of(self, operation: Executed) -> Residues:
        """What an operation computed, one value after the other."""
        return Residues(self.residues[:, operation.keys].astype(np.int64))

    def on_the_way(self, way: str) -> list[Executed]:
        """The operations of the case's own call, THERE or BACK."""
        return [each for each in self.executed if each.way == way]

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self.keys, kind="stable")

    def first(self, values: Ints) -> NDArray[np.int64]:
        """Where in `keys` each of these values is computed first; -1 if it never is.

        Args:
            values: residues (K, *shape).
        """
        asked = keys_of(values)
        if not self.keys.size:
            return np.full(asked.shape, -1)
        place = np.searchsorted(self.keys, asked, sorter=self._order)
        place = self._order[np.minimum(place, self.keys.size - 1)]
        return np.where(self.keys[place] == asked, place, -1)

    def has(self, values: Ints) -> NDArray[np.bool_]:
        """Which of these values were computed."""
        return self.first(values) >= 0

    def has_all(self, values: Ints) -> bool:
        """Whether all of these were computed; zeros are everywhere, and need not be."""
        if values.size and values.flat[0] and int(values.flat[0]) not in self._at_first_point:
            return False  # as most of the many formulas that are tried, and at once
        return bool((self.has(values) | ~values.any(0)).all())

    def shows(self, values: Ints) -> bool:
        """Whether all of these were computed, and some are not zero."""
        return bool(values.any()) and self.has_all(values)

    def shows_there(self, values: Ints) -> bool:
        """The same on the way there: what is computed on the way back may be so by chance."""
        if not self.shows(values):
            return False
        places = self.first(values)[values.any(0)]
        return not self._back[self._operations(places)].any()

    @cached_property
    def _back(self) -> NDArray[np.bool_]:
        return np.array([e.way == BACK for e in self.executed], bool)

    @cached_property
    def _at_first_point(self) -> frozenset[int]:
        return frozenset(self.residues[0].tolist())

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.array([e.keys.start for e in self.executed])

    def operation(self, place: int) -> int:
        """The number of the operation that computed what stands at a place of `keys`."""
        return int(self._operations(place))

    def _operations(self, places: Any) -> Any:
        return np.searchsorted(self._starts, places, "right") - 1


def keys_of(values: Ints) -> Keys:
    """What tells a value from others, 64 bits of it: (*shape)."""
    keys: Keys = digests(values)[0]
    return keys


def keys_among(known: Iterable[Points]) -> Keys:
    """The keys of all these values, in ascending order."""
    return np.sort(np.concatenate([keys_of(points.values).ravel() for points in known]))


def are_among(keys: Keys, known: Keys) -> NDArray[np.bool_]:
    """Which keys are among these, that are in ascending order."""
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray(known[places] == keys)


class _Record:
    """All that is computed in one run, as it is computed."""

    def __init__(self) -> None:
        self.executed: list[Executed] = []
        self.keys: list[Keys] = []
        self.residues: list[NDArray[np.int32]] = []
        self.start = 0
        self.way = THERE  # so far, what it makes of its weights as it is built

    def begins(self, call: str, backward: bool) -> None:
        self.way = "" if call else BACK if backward else THERE

    def seen(self, label: str, written: list[tuple[torch.Tensor, Points]]) -> None:
        line = "" if label == GIVEN else line_now()
        for _, points in written:
            found = keys_of(points.values).ravel()
            end = self.start + found.size
            self.executed.append(Executed(label, line, slice(self.start, end), self.way))
            self.keys.append(found)
            self.residues.append(points.values.reshape(len(points.values), -1).astype(np.int32))
            self.start = end


def traced(
    subject: Subject,
    case: Case,
    device: str = "cpu",
    mode: str = "",
    backward: bool = True,
    data: Data | None = None,
) -> Trace:
    """Runs a candidate as `mirrored` does, and keeps all that it computed.

    Args:
        backward: whether on the way back, too, which takes longest. data: as of `mirrored`.

    Raises: what `mirrored` raises.
    """
    records: list[_Record] = []

    def record() -> _Record:
        records.append(_Record())
        return records[-1]

    result = mirrored(subject, case, device, mode, record, backward, data)
    last = records[-1]
    return Trace(
        last.executed,
        np.concatenate([np.zeros(0, np.uint64), *last.keys]),
        np.concatenate([np.zeros((points_of(case), 0), np.int32), *last.residues], 1),
        result,
    )
