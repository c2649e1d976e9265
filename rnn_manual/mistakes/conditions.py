"""Which cases can tell a mistake from the right layer."""

from __future__ import annotations

from rnn_manual.cases.calls import WITHOUT_A_GRAPH, differentiated
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
    """Zeros too, where their gradients are asked for: what is wrong with them, these tell."""
    return case.state in ("random", "ones") or (case.state == "zeros" and _asks_of_states(case))


def states_unlike(case: Case) -> bool:
    """Rows of h_0 that are taken for one another show, in their values or in their gradients."""
    return case.state == "random" or (case.state != "omitted" and _asks_of_states(case))


def batch_states_unlike(case: Case) -> bool:
    """The same of the states of different rows of the batch."""
    return states_unlike(case) and (case.memory != "expanded" or _asks_of_states(case))


def _asks_of_states(case: Case) -> bool:
    return case.call not in ("no_grad", "inference_mode", "weights only")


def reads_state(case: Case) -> bool:
    """W_hh multiplies something; or h_0 has a gradient through it, in a GRU by way of b_hn."""
    multiplies = several_steps(case) or case.state in ("random", "ones")
    return multiplies or (given_state(case) and (case.config.kind != "gru" or case.config.bias))


def recurrent(case: Case) -> bool:
    return several_steps(case) or given_state(case)


def of_plain_input(case: Case) -> bool:
    """Gradients are asked for, and none for the input."""
    return case.call not in WITHOUT_A_GRAPH and not differentiated(case, "input")


def drops(case: Case) -> bool:
    return case.drops


def connected(case: Case) -> bool:
    """Layers above the first read something: dropout of 1 leaves them nothing but zeros."""
    return not (case.drops and case.config.dropout == 1)


def all_gradients(case: Case) -> bool:
    """Whether those of input, states and weights are asked for, and of a loss on all outputs."""
    called = case.call in ("with gradients", "after another", "before another")
    return called and case.batch_size > 0


def holds_numbers(case: Case) -> bool:
    """Numbers come out that depend on what goes in."""
    return case.batch_size > 0 and connected(case)


def has_an_output(case: Case) -> bool:
    """Something that is not zero comes out of the last layer, or a gradient goes in there.

    From a state of zeros nothing comes, without bias and what is below; but a gradient goes to it.
    """
    hidden = ("no_grad", "inference_mode", "weights only", "loss on h_n", "out changed")
    back = case.state == "zeros" and case.call not in hidden
    return connected(case) or case.config.bias or case.state in ("random", "ones") or back
