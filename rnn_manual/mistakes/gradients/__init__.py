"""Mistakes that only the gradients show: forward, every one of them is the right layer.

Most are wrong backwards of a cell or of the walk through time, with one term other than in
`cells.py` and `backprop.py`; that they run forward right is seen by no test but one of gradients.
"""

from rnn_manual.mistakes.gradients import (  # noqa: F401 - each registers its own
    graph,
    of_cells,
    of_states,
    of_walks,
)
