"""How far rounding moves the numbers of a case's results: samples, side by side in one batch.

A sample is a run of the loops with rounding errors made on purpose (`rounding.py`). All samples of
a case run at once: each sequence of its batch stands there so many times, and the sums over the
batch, the gradients of the weights, are taken for each sample by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats
from rnn_manual.judge.reference.oracle import Arrays, dropout_masks, run_in_numpy
from rnn_manual.judge.reference.rounding import NoisyOps
from rnn_manual.layout import Packed, layout_of, mapped_rows, rows_of
from rnn_manual.weights import Array

SAMPLES = 16
NUMBERS = 1 << 21  # in what all samples of a layer or its weights hold: so many, or fewer
ROW_BY_ROW = ("out", "input")


def spread(case: Case, data: Data, exact: Arrays, backward: bool = True) -> dict[str, Floats]:
    """How far rounding moves each number of a result: the root of the mean square over samples.

    Args:
        exact: what the oracle gives; the moves are from it.
        backward: whether gradients are among them.
    """
    batch = _SideBySide(case, data)
    masks = [np.repeat(mask, batch.samples, 0) for mask in dropout_masks(case, np.float64)]
    ops = NoisyOps(masks, case.dtype, batch.samples, batch.rows, case.seed)
    found = run_in_numpy(case, batch.data(backward), ops, np.float64, backward)
    with np.errstate(invalid="ignore", over="ignore"):  # of NaN and infinities
        return {name: batch.moves(name, array, exact[name]) for name, array in found.items()}


class _SideBySide:
    """A case's batch with each of its sequences many times, one after the other."""

    def __init__(self, case: Case, given: Data) -> None:
        self.layout, self.case, self.given = layout_of(case.config, given.input), case, given
        self.rows = sum(self.layout.batch_sizes)
        widest = self.rows * len(case.config.gates) * case.config.hidden_size
        weights = sum(array.size for array in given.parameters.values())
        self.samples = max(2, min(SAMPLES, NUMBERS // max(widest, weights)))

    def data(self, backward: bool) -> Data:
        """The numbers of all samples; as a packed batch, which any batch can be written as.

        Args:
            backward: whether those of the way back are among them.
        """
        given, states = self.given, [f"{name}_0" for name in self.case.config.states]
        rows = self._repeated("input", rows_of(given.input))
        sizes = [self.samples * size for size in self.layout.batch_sizes]
        state = None if given.state is None else tuple(self._repeated("h", s) for s in given.state)
        forward = Data(given.parameters, Packed(rows, sizes), state, ())
        if not backward:
            return forward
        d_out, *d_last = given.cotangents
        return replace(
            forward,
            cotangents=(self._repeated("out", d_out), *(self._repeated("h", d) for d in d_last)),
            directions={
                name: self._repeated(name, array) if name in ("input", *states) else array
                for name, array in given.directions.items()
            },
        )

    def moves(self, name: str, array: Array, exact: Array) -> Floats:
        """How far the samples are from the exact result, laid out as that is."""
        leaf = name.rpartition(" ")[2]
        if leaf in self.given.parameters:
            return _root_mean_square(array - exact, 0)
        centre, axis = self._entered(leaf, exact), self._batch_axis(leaf)
        shape = (*centre.shape[: axis + 1], self.samples, *centre.shape[axis + 1 :])
        far = _root_mean_square(array.reshape(shape) - np.expand_dims(centre, axis + 1), axis + 1)
        if leaf in ROW_BY_ROW:
            return np.asarray(rows_of(self.layout.leave_out(far)))
        return np.asarray(self.layout.leave_state(far))

    def _repeated(self, name: str, array: Any) -> Array:
        return np.repeat(self._entered(name, array), self.samples, self._batch_axis(name))

    def _entered(self, name: str, array: Any) -> Array:
        """As the loops see it: rows, or the states of sequences that are sorted by length."""
        if name not in ROW_BY_ROW:
            return self.layout.enter_state(array)
        entered = self.layout.enter_rows(mapped_rows(lambda _: array, self.given.input))
        return entered.reshape(self.rows, entered.shape[-1])

    @staticmethod
    def _batch_axis(name: str) -> int:
        return 0 if name in ROW_BY_ROW else 1


def _root_mean_square(moves: Array, axis: int) -> Floats:
    return np.asarray(np.sqrt(np.mean(np.square(moves, dtype=np.float64), axis)))
