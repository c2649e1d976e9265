"""What a layer is told to lack, of all that the loops compute."""

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.proof.expected.quantities import backward_cells
from rnn_manual.proof.runs.mirrored import onednn
from rnn_manual.proof.runs.trace import traced
from rnn_manual.proof.search.backward.missing import first_missing_gradient
from rnn_manual.proof.search.forward.placed import first_missing


def missing(layer, case):
    """The first quantity forward, and the first of the way back, that were never computed."""
    with onednn(False):
        trace = traced(layer, case)
    found = [first_missing(case, trace)]
    if case.call not in WITHOUT_A_GRAPH:
        found.append(first_missing_gradient(case, trace, backward_cells(case)))
    return [f"{m.quantity} of {m.cell}, {case.id}" for m in found if m]
