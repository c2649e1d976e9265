"""What is different in a test of Hypothesis's, which draws its cases."""

from __future__ import annotations

import sys


def reject_drawn() -> None:
    """Within such a test, has another case drawn in the place of this one."""
    if _is_drawn():
        import hypothesis

        hypothesis.reject()


def is_tried() -> bool:
    """Whether a case is one of those that are tried on the way to the plainest that fails.

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
