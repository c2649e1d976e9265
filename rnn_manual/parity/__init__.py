"""The judge's public face: holds a candidate against the loops, and says where it differs.

`check(candidate, case)` compares, `prove(candidate, case)` does so with formulas alone,
`parametrize(...)` hands a test its cases, `strategies.cases()` draws more of them, and a candidate
raises `Unsupported(...)` for an option that it does not have.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_manual.candidates.candidate import Candidate as Candidate
    from rnn_manual.candidates.errors import Unsupported as Unsupported
    from rnn_manual.candidates.errors import Unusable as Unusable
    from rnn_manual.cases.case import Case as Case
    from rnn_manual.cases.levels import select as select
    from rnn_manual.cases.parametrize import parametrize as parametrize
    from rnn_manual.judge.check import check as check
    from rnn_manual.judge.comparison import Comparison as Comparison
    from rnn_manual.judge.prove import prove as prove
    from rnn_manual.judge.verdict import Verdict as Verdict
    from rnn_manual.parity import strategies as strategies

# Loaded on first use: recordings are compared without waiting for torch.
_HOME = {
    "Candidate": "candidates.candidate",
    "Case": "cases.case",
    "Comparison": "judge.comparison",
    "Unsupported": "candidates.errors",
    "Unusable": "candidates.errors",
    "Verdict": "judge.verdict",
    "check": "judge.check",
    "prove": "judge.prove",
    "parametrize": "cases.parametrize",
    "select": "cases.levels",
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
    "prove",
    "select",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module("rnn_manual.parity.strategies")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rnn_manual.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
