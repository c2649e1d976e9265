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
OF_WHAT = (
    "the input's gradients",
    "the states' gradients",
    "weights' gradients",
    "second derivatives",
)


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
            of_what = _of_what(name)
            if not why:
                self.compared.add(of_what)
            elif why not in FOLLOWS:
                self.reasons.setdefault(of_what, {})[why] = None
        of_weights = self.reasons.get(OF_WHAT[2], {})
        if COPIED in of_weights:  # where they alone are asked for, there is none
            of_weights.pop(NO_GRAPH, None)

    def in_words(self) -> list[str]:
        """A line for each fact: `weights' gradients: not compared (a copy of the weights)`."""
        if not self.compared and len({tuple(whys) for whys in self.reasons.values()}) == 1:
            (whys, *_) = self.reasons.values()
            return [f"gradients: not compared ({'; '.join(whys)})"]
        return [
            f"{of_what}: {'partly ' * (of_what in self.compared)}not compared "
            f"({'; '.join(self.reasons[of_what])})"
            for of_what in OF_WHAT
            if of_what in self.reasons
        ]

    def in_short(self) -> str:
        """For a cell beside others: `weights' copied`; empty if nothing is missing."""
        return ", ".join(
            f"{of_what.removesuffix(' gradients')} "
            f"{' or '.join(dict.fromkeys(SHORT.get(why, 'declined') for why in whys))}"
            for of_what, whys in self.reasons.items()
        )


def _of_what(name: str) -> str:
    order, _, leaf = name.partition(" ")
    if order != "grad":
        return OF_WHAT[3]
    return OF_WHAT[0 if leaf == "input" else 1 if leaf.endswith("_0") else 2]


def missing_in(tensors: Mapping[str, Mapping[str, object]]) -> list[tuple[str, str]]:
    """What `Missing` takes, of the tensors of a case as the JSON report has them."""
    return [
        (name, str(tensor.get("reason", "")) if tensor["verdict"] == "unsupported" else "")
        for name, tensor in tensors.items()
        if name.startswith("grad")
    ]
