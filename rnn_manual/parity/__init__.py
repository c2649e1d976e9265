"""The judge: holds a candidate against the loops, case by case, and says where it differs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_manual.parity.candidates import Candidate as Candidate
    from rnn_manual.parity.candidates import Unsupported as Unsupported
    from rnn_manual.parity.candidates import Unusable as Unusable
    from rnn_manual.parity.cases import Case as Case
    from rnn_manual.parity.compare import Comparison as Comparison
    from rnn_manual.parity.compare import Verdict as Verdict
    from rnn_manual.parity.judge import check as check
    from rnn_manual.parity.levels import select as select
    from rnn_manual.parity.marks import parametrize as parametrize

# Loaded on first use: recordings are compared without waiting for torch.
_HOME = {
    "Candidate": "candidates",
    "Case": "cases",
    "Comparison": "compare",
    "Unsupported": "candidates",
    "Unusable": "candidates",
    "Verdict": "compare",
    "check": "judge",
    "parametrize": "marks",
    "select": "levels",
}
__all__ = [
    "Candidate",
    "Case",
    "Comparison",
    "Unsupported",
    "Unusable",
    "Verdict",
    "check",
    "parametrize",
    "select",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
