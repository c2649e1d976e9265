"""Mistakes that only the gradients show."""

from __future__ import annotations

from typing import Any

from rnn_manual.loops import cell_for
from rnn_manual.parity.mistakes.conditions import recurrent
from rnn_manual.parity.mistakes.wrong import Net, mistake


@mistake("the gradient stops between steps: h and c detached", recurrent)
def gradient_cut_between_steps(net: Net) -> Net:
    right: Any = cell_for(net.config)
    return net.using(cell=lambda ops, w, x, *s: right(ops, w, x, *(v.detach() for v in s)))


@mistake("h_n returned detached: what flows into it is lost")
def gradient_of_h_n_lost(net: Net) -> tuple[Any, Any]:
    return net.run_to_state(lambda h, *c: (h.detach(), *c))
