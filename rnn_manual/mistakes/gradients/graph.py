"""What autograd does not see: a value that is detached."""

from __future__ import annotations

from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.loops import cell_for
from rnn_manual.mistakes.conditions import drops, recurrent, tanh
from rnn_manual.mistakes.gradients.registering import of_gradients
from rnn_manual.mistakes.wrong import Net
from rnn_manual.ops import TorchOps


@of_gradients("the gradient stops between steps: h and c detached", recurrent)
def gradient_cut_between_steps(net: Net) -> Net:
    right: Any = cell_for(net.config)
    return net.using(cell=lambda ops, w, x, *s: right(ops, w, x, *(v.detach() for v in s)))


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
