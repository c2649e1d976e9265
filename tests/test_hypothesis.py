"""Cases that nobody chose: Hypothesis draws them, and shrinks one that fails to its plainest."""

import pytest

from rnn_manual.claims.laws import claim
from rnn_manual.usage import DTYPES, KINDS

EXAMPLES = {"quick": 3, "standard": 12, "full": 500}


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Hypothesis leaves no folder of its own where the tests are run."""
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path))


@claim("E4", "layer(x, h_0) = cell(x_T, … cell(x_2, cell(x_1, h_0)))")
@pytest.mark.usefixtures("elsewhere")
def test_the_layer_is_the_loop_on_cases_that_are_drawn(request, candidate, device, agrees):
    """The same on cases beyond the chosen ones, any options together and sizes at random."""
    # Loaded here, for every worker collects this file, and Hypothesis takes long to load.
    from rnn_manual.cases.strategies import cases
    from rnn_manual.judge.smallest import smallest_failure

    option = request.config.getoption
    failing = smallest_failure(
        candidate,
        cases(option("kind") or KINDS, option("dtype") or tuple(DTYPES)),
        device=device,
        examples=EXAMPLES[option("level")],
        seed=option("case_seed"),
    )
    if failing:
        agrees(failing)
        pytest.fail(f"failed once, and not again: {failing!r}")
