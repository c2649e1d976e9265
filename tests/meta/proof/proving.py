"""What a layer is told to lack, of all that the loops compute."""

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.proof.expected.quantities import backward_cells
from rnn_manual.proof.runs.mirrored import onednn
from rnn_manual.proof.runs.trace import traced
from rnn_manual.proof.search.backward.missing import first_missing_gradient
from rnn_manual.proof.search.where import first_missing


def missing(layer, case):
    """The first quantity forward, and the first of the way back, that were never computed."""
    with onednn(False):
        trace = traced(layer, case)
    forward = first_missing(case, trace)
    found = [(forward.cell, forward.quantity)] if forward else []
    if case.call not in WITHOUT_A_GRAPH:
        gradient = first_missing_gradient(case, trace, backward_cells(case))
        found += [gradient] if gradient else []
    return [f"{quantity} of {cell}, {case.id}" for cell, quantity in found]
