"""What is different in a test of Hypothesis's, which draws its cases."""

from __future__ import annotations

import sys

from rnn_manual.candidates.errors import Unsupported


def declined(why: str) -> Unsupported:
    """What to raise of a case that cannot be judged: pytest and unittest skip the test.

    Within a test of Hypothesis's, it has another case drawn in the place of this one.
    """
    if not _is_drawn():
        return Unsupported(why)
    from hypothesis.errors import UnsatisfiedAssumption

    class Rejected(Unsupported, UnsatisfiedAssumption):
        """Counts as Hypothesis's own `assume` that does not hold."""

        reason = why  # which its statistics tell

    return Rejected(why)


def is_searched() -> bool:
    """Whether Hypothesis tries a case on the way to the plainest that fails.

    Of these only the verdict counts: what explains a failure is shown of the last.
    """
    if not _is_drawn():
        return False
    from hypothesis.control import current_build_context

    return not getattr(current_build_context(), "is_final", True)


def _is_drawn() -> bool:
    if "hypothesis" not in sys.modules:
        return False
    import hypothesis

    return hypothesis.currently_in_test_context()
