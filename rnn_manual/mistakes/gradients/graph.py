"""What autograd does not see: a value that is detached."""

from __future__ import annotations

from itertools import count
from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.loops import cell_for, run_direction
from rnn_manual.mistakes.conditions import all_gradients, drops, recurrent, tanh
from rnn_manual.mistakes.gradients.registering import of_gradients
from rnn_manual.mistakes.wrong import Net, mistake
from rnn_manual.ops import TorchOps


@of_gradients("the gradient stops between steps: h and c detached", recurrent)
def gradient_cut_between_steps(net: Net) -> Net:
    right: Any = cell_for(net.config)
    return net.using(cell=lambda ops, w, x, *s: right(ops, w, x, *(v.detach() for v in s)))


@mistake(
    "the gradient stops after 64 steps: h and c detached",
    all_gradients,
    lambda case: case.seq_len > 64,
    classic=False,
)
def gradient_cut_after_64_steps(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        steps = count()

        def cut(ops: Any, w: Any, x: Any, *given: Any) -> Any:
            at_the_cut = next(steps) == 64
            return cell(ops, w, x, *(v.detach() if at_the_cut else v for v in given))

        return run_direction(ops, cut, w, rows, sizes, s, backward)

    return net.using(walk=walk)


class _Straight(TorchOps):
    def dropout(self, x: Any, p: float) -> Any:
        return super().dropout(x.detach(), p) + (x - x.detach())  # the 0 has x's gradient


def _alive_above(case: Case) -> bool:
    """A relu that reads nothing but zeros is shut; and dropout of 1 leaves nothing else."""
    config = case.config
    return tanh(case) or config.dropout < 1 or config.bias or case.state in ("random", "ones")


@of_gradients("dropout's mask left out of the backward", drops, _alive_above)
def dropout_mask_forgotten(net: Net) -> Net:
    return net.using(ops=_Straight())
