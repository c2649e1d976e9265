"""Which cases can tell a mistake from the right layer."""

from __future__ import annotations

from rnn_manual.cases.case import Case


def lstm(case: Case) -> bool:
    return case.config.kind == "lstm"


def rnn(case: Case) -> bool:
    return case.config.kind == "rnn"


def gru(case: Case) -> bool:
    return case.config.kind == "gru"


def bidirectional(case: Case) -> bool:
    return case.config.bidirectional


def stacked(case: Case) -> bool:
    return case.config.num_layers > 1


def biased(case: Case) -> bool:
    return case.config.bias


def tanh(case: Case) -> bool:
    return case.config.nonlinearity == "tanh"


def unprojected(case: Case) -> bool:
    return not case.config.proj_size


def batched(case: Case) -> bool:
    return case.layout == "batched"


def equally_long(case: Case) -> bool:
    return len(set(case.lengths)) == 1


def padded(case: Case) -> bool:
    return not case.packed


def sorted_already(case: Case) -> bool:
    return case.lengths == sorted(case.lengths, reverse=True)


def several_steps(case: Case) -> bool:
    return case.seq_len > 1


def given_state(case: Case) -> bool:
    """Zeros too: what is wrong with them, their gradients tell."""
    return case.state != "omitted"


def recurrent(case: Case) -> bool:
    return several_steps(case) or given_state(case)


def drops(case: Case) -> bool:
    return case.drops


def connected(case: Case) -> bool:
    """Layers above the first read something: dropout of 1 leaves them nothing but zeros."""
    return not (case.drops and case.config.dropout == 1)
