"""How far rounding moves the numbers of a case's results: samples, side by side in one batch.

A sample is a run of the loops with rounding errors made on purpose (`rounding.py`). All samples of
a case run at once: each sequence of its batch stands there so many times, and the sums over the
batch, the gradients of the weights, are taken for each sample by itself.

Of a batch that is large, of a wide layer and over many steps, some sequences stand for all: what
the others are moved by is what these are at the same step, and a sum over all rows is moved as the
sum over theirs, for each row adds its own share of variance. (Of few units few sequences tell too
little: where one relu is ten times as large as the others, it is moved ten times as far.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rnn_manual.candidates.harness.dropout import dropout_masks
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats
from rnn_manual.judge.reference.oracle import Arrays, run_in_numpy
from rnn_manual.judge.reference.rounding import NoisyOps
from rnn_manual.judge.reference.scale import root_mean_square, scale_of
from rnn_manual.layout import Packed, layout_of, mapped_rows, rows_of
from rnn_manual.ops import NumpyOps
from rnn_manual.weights import Array

SAMPLES = 16
NUMBERS = 1 << 20  # in what all samples of a layer or its weights hold: so many, or fewer
SEQUENCES = 8  # of a batch: at least so many, and as many as come to
WHOLE = 1 << 20  # numbers
ROW_BY_ROW = ("out", "input")


def spread(case: Case, data: Data, exact: Arrays, backward: bool = True) -> dict[str, Floats]:
    """How far rounding moves each number of a result: the root of the mean square over samples.

    Args:
        exact: what the oracle gives; the moves are from it.
        backward: whether gradients are among them.
    """
    batch = _SideBySide(case, data)
    masks = [mask[batch.rows] for mask in dropout_masks(case, data, np.float64)]
    repeated = [np.repeat(mask, batch.samples, 0) for mask in masks]
    alike = max(1, len(batch.chosen)) if case.memory == "expanded" and not case.packed else 1
    ops = NoisyOps(case, repeated, batch.samples, batch.total, alike)
    found = run_in_numpy(case, batch.data(batch.samples, backward), ops, np.float64, backward)
    sums = exact
    if backward and batch.is_part:
        alone = NumpyOps(masks)
        sums = run_in_numpy(case, batch.data(1, backward), alone, np.float64, backward)
    with np.errstate(invalid="ignore", over="ignore"):  # of NaN and infinities
        return {
            name: batch.moves_of_sum(array, sums[name])
            if name.rpartition(" ")[2] in data.parameters
            else batch.moves(name, array, exact[name])
            for name, array in found.items()
        }


class _SideBySide:
    """A case's batch, or some of its sequences, each many times, one after the other.

    Attributes:
        chosen: which sequences, of those that the loops see, the longest first.
        rows: the places of their rows among those that the loops see. size: how many.
        total: how many rows the loops see.
        samples: how many times each stands there.
    """

    def __init__(self, case: Case, given: Data) -> None:
        self.layout, self.case, self.given = layout_of(case.config, given.input), case, given
        sizes = np.array(self.layout.batch_sizes)
        gates = len(case.config.gates) * case.config.hidden_size
        some = min(int(sizes[0]), max(SEQUENCES, WHOLE // (SAMPLES * len(sizes) * gates)))
        self.chosen = np.unique(np.linspace(0, max(0, sizes[0] - 1), some).astype(int))
        self.is_part = len(self.chosen) < sizes[0]
        alive = self.chosen < sizes[:, None]  # (T, sequences)
        self.rows = ((np.cumsum(sizes) - sizes)[:, None] + self.chosen)[alive]
        self.batch_sizes, self.size, self.total = alive.sum(1), len(self.rows), int(sizes.sum())
        widest = self.size * gates
        weights = sum(array.size for array in given.parameters.values())
        self.samples = max(2, min(SAMPLES, NUMBERS // max(widest, weights)))

    def data(self, samples: int, backward: bool) -> Data:
        """The numbers of so many samples; as a packed batch, which any batch can be written as.

        Args:
            backward: whether those of the backward are among them.
        """
        given, states = self.given, [f"{name}_0" for name in self.case.config.states]

        def repeated(name: str, array: Any) -> Array:
            chosen = np.take(self._entered(name, array), self._places(name), _batch_axis(name))
            return np.repeat(chosen, samples, _batch_axis(name))

        rows = repeated("input", rows_of(given.input))
        sizes = [samples * int(size) for size in self.batch_sizes]
        state = None if given.state is None else tuple(repeated("h", s) for s in given.state)
        forward = Data(given.parameters, Packed(rows, sizes), state, ())
        if not backward:
            return forward
        d_out, *d_last = given.cotangents
        return replace(
            forward,
            cotangents=(repeated("out", d_out), *(repeated("h", d) for d in d_last)),
            directions={
                name: repeated(name, array) if name in ("input", *states) else array
                for name, array in given.directions.items()
            },
        )

    def moves_of_sum(self, array: Array, exact: Array) -> Floats:
        """How far the samples of a weight's gradient are from its exact value."""
        return root_mean_square(array - exact, 0) * float(np.sqrt(self.total / max(1, self.size)))

    def moves(self, name: str, array: Array, exact: Array) -> Floats:
        """How far the samples of out, a state or its gradient are from the exact ones."""
        leaf, axis = name.rpartition(" ")[2], _batch_axis(name)
        whole = self._entered(leaf, exact)
        centre = np.take(whole, self._places(leaf), axis)
        shape = (*centre.shape[: axis + 1], self.samples, *centre.shape[axis + 1 :])
        far = root_mean_square(array.reshape(shape) - np.expand_dims(centre, axis + 1), axis + 1)
        if self.is_part:
            far = self._of_all(leaf, far, whole.shape)
        if leaf in ROW_BY_ROW:
            return np.asarray(rows_of(self.layout.from_rows(far)))
        return np.asarray(self.layout.from_state(far))

    def _of_all(self, leaf: str, far: Floats, shape: tuple[int, ...]) -> Floats:
        """What the chosen sequences are moved by, and every other as they are at its step."""
        if leaf not in ROW_BY_ROW:
            everyone = np.broadcast_to(root_mean_square(far, 1)[:, None], shape).copy()
            everyone[:, self.chosen] = far
            return everyone
        ends = np.cumsum(self.batch_sizes)
        scale = scale_of(far)
        squares = np.add.reduceat(np.square(far / scale), ends - self.batch_sizes, 0)
        means = np.sqrt(squares / self.batch_sizes[:, None]) * scale
        everyone = np.repeat(means, self.layout.batch_sizes, 0)
        everyone[self.rows] = far
        return everyone

    def _places(self, name: str) -> Any:
        return self.rows if name in ROW_BY_ROW else self.chosen

    def _entered(self, name: str, array: Any) -> Array:
        """As the loops see it: rows, or the states of sequences that are sorted by length."""
        if name not in ROW_BY_ROW:
            return self.layout.to_state(array)
        entered = self.layout.to_rows(mapped_rows(lambda _: array, self.given.input))
        return entered.reshape(self.total, entered.shape[-1])


def _batch_axis(name: str) -> int:
    return 0 if name.rpartition(" ")[2] in ROW_BY_ROW else 1
