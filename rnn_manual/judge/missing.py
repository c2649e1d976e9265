"""Which gradients were not compared, and why: said next to every verdict.

A layer that declines to compute gradients, one whose weights are frozen, one that computes with a
copy of the weights, and one that gives no gradient at all are four facts, and are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rnn_manual.candidates.harness.result import COPIED, FROZEN, NO_GRAPH, REFUSED, SHAPED, SUMMED

# Each fact, and how a cell of a table says it; what is none of these is `declined`.
SHORT = {NO_GRAPH: "none", COPIED: "copied", FROZEN: "frozen", REFUSED: "refused", SHAPED: "none"}
# To refuse a backward after a change in place is any layer's right; and what second derivatives
# lack follows from what the first ones lack.
FOLLOWS = (REFUSED, SUMMED)
WHOSE = ("the input's", "the states'", "weights'")


class Missing:
    """What there was to compare of gradients, and what there was not.

    Args:
        gradients: name (`grad weight_ih_l0`) → why it was not compared, "" if it was; of any
            number of cases.
    """

    def __init__(self, gradients: Iterable[tuple[str, str]]) -> None:
        self.compared: set[str] = set()
        self.reasons: dict[str, dict[str, None]] = {}  # whose → why, each once
        for name, why in gradients:
            whose = _whose(name)
            if not why:
                self.compared.add(whose)
            elif why not in FOLLOWS:
                self.reasons.setdefault(whose, {})[why] = None
        if COPIED in self.reasons.get(
            WHOSE[2], ()
        ):  # where they alone are asked for, there is none
            self.reasons[WHOSE[2]].pop(NO_GRAPH, None)

    def in_words(self) -> list[str]:
        """A line for each fact: `weights' gradients: not compared (a copy of the weights)`."""
        if not self.compared and len({tuple(whys) for whys in self.reasons.values()}) == 1:
            (whys, *_) = self.reasons.values()
            return [f"gradients: not compared ({'; '.join(whys)})"]
        return [
            f"{whose} gradients: {'partly ' * (whose in self.compared)}not compared "
            f"({'; '.join(self.reasons[whose])})"
            for whose in WHOSE
            if whose in self.reasons
        ]

    def in_short(self) -> str:
        """For a cell beside others: `weights' copied`; empty if nothing is missing."""
        return ", ".join(
            f"{whose} {' or '.join(dict.fromkeys(SHORT.get(why, 'declined') for why in whys))}"
            for whose, whys in self.reasons.items()
        )


def _whose(name: str) -> str:
    leaf = name.rpartition(" ")[2]
    return WHOSE[0] if leaf == "input" else WHOSE[1] if leaf.endswith("_0") else WHOSE[2]


def missing_in(tensors: Mapping[str, Mapping[str, object]]) -> list[tuple[str, str]]:
    """What `Missing` takes, of the tensors of a case as the JSON report has them."""
    return [
        (name, str(tensor.get("reason", "")) if tensor["verdict"] == "unsupported" else "")
        for name, tensor in tensors.items()
        if name.startswith("grad")
    ]
