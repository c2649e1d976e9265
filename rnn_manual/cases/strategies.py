"""Cases drawn by Hypothesis: any combination of options, and sizes beyond those of the levels.

Every choice shrinks towards the first of its values, the plainest one; what a failure hardly ever
depends on is drawn last.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from rnn_manual.cases.calls import CALLS
from rnn_manual.cases.case import LAYOUTS, MEMORY, STATES, VALUES, Case
from rnn_manual.cases.options import NARROW, NOT_IN_NARROW, TELLING
from rnn_manual.config import Config
from rnn_manual.usage import DTYPES, KINDS

BATCHES = (1, 2, 3, 4, 5, 6, 0)
GAINS = (1.0, 0.1, 0.5, 2.0, 3.0)


def cases(
    kinds: Sequence[str] = KINDS, dtypes: Sequence[str] = tuple(DTYPES)
) -> st.SearchStrategy[Case]:
    """Cases of these kinds and dtypes, for `@given` in tests of your own.

    Dropout is 0 or 1, so that nothing depends on masks that a generator draws.
    """
    equations = [name for name in TELLING["equations"] if name.split()[0] in kinds]
    return _drawn(equations, tuple(dtypes))


@st.composite
def _drawn(draw: st.DrawFn, equations: Sequence[str], dtypes: Sequence[str]) -> Case:
    """Always the same choices in the same order, so that none comes or goes while shrinking."""
    kind, _, variant = draw(st.sampled_from(equations)).partition(" ")
    num_layers = draw(st.integers(1, 4))
    bidirectional = draw(st.booleans())
    T = draw(st.integers(1, 12))
    B = draw(st.sampled_from(BATCHES))
    input_size, H, P = (draw(st.integers(1, most)) for most in (9, 20, 19))
    H = max(H, 2) if variant == "proj" else H
    layout = draw(st.sampled_from(LAYOUTS))
    memory = draw(st.sampled_from(MEMORY))
    call = draw(st.sampled_from(CALLS))
    dtype, values = draw(st.sampled_from(dtypes)), draw(st.sampled_from(VALUES))
    finite = dtype in NARROW and values in NOT_IN_NARROW
    gain = draw(st.sampled_from(GAINS))
    return Case(
        Config(
            kind,
            input_size,
            H,
            num_layers,
            nonlinearity="relu" if variant == "relu" else "tanh",
            bias=draw(st.sampled_from([True, False])),
            batch_first=draw(st.booleans()),
            dropout=draw(st.sampled_from([0.0, 1.0])),
            bidirectional=bidirectional,
            proj_size=min(P, H - 1) if variant == "proj" else 0,
        ),
        seq_len=T,
        # Unbatched is one sequence, and a packed batch has at least one.
        batch_size=1 if layout == "unbatched" else B or int(layout.startswith("packed")),
        dtype=dtype,
        layout=layout,
        state=draw(st.sampled_from(STATES)),
        values="ordinary" if finite else values,
        memory="contiguous" if (layout, memory) == ("unbatched", "expanded") else memory,
        call=call,
        gain=1.0 if dtype == "float16" else gain,
        seed=draw(st.integers(0, 2**16)),
    )
