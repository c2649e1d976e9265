"""A way in which people run a recurrent layer, by a short name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from rnn_manual.candidates.candidate import Facts, Subject, torch_nn
from rnn_manual.candidates.declining import declines
from rnn_manual.candidates.errors import Unsupported, Violation, is_wordless
from rnn_manual.candidates.harness.building import Built
from rnn_manual.cases.case import Case
from rnn_manual.cases.selection import INFERENCE, cases_for


class Takes(Enum):
    """What can be run in a mode."""

    ALL = "every candidate"
    MODULES = "torch.nn, and classes"
    TORCH = "torch.nn"

    def takes(self, facts: Facts, is_torch_nn: bool) -> bool:
        """Whether a subject of which these facts hold can be run so."""
        return is_torch_nn or self is Takes.ALL or (self is Takes.MODULES and facts.is_class)


def every_case(case: Case) -> bool:
    """What most modes take."""
    return True


def keeps_all(name: str) -> bool:
    """What most modes lose: nothing."""
    return False


def loses_all(name: str) -> bool:
    """No gradient comes back."""
    return True


@dataclass(frozen=True, eq=False)
class Mode:
    """One way to run a layer; there is one object of each, by which its cases are kept.

    Args:
        name: what `--candidate` takes, and what the table's row is called.
        sentence: what is done, in one line.
        build: from a layer that holds the right weights to one that runs in the mode.
        takes: the cases on which the mode means something. What torch does not support is among
            them: it has to say so itself, each time.
        subjects: what can be run so.
        environment: what must be set before torch is loaded.
        loses: the gradients (by name: input, h_0, weight_ih_l0, …) that the mode does not give.
        slow: whether a case takes more than a moment: below level full there is one.
        slowest: whether it takes a compiler, or a process of its own in which torch is loaded
            anew: below level full there is none, but one where results are recorded.
        translates: whether torch reads the layer and runs something else in its place: what it
            raises about a layer that is not its own then says that it cannot read it.
        sizes: on which the mode is run, if others than the rest: values of T, B, I and H.
        opaque: why what runs is not known operation by operation; "" if it is.
        after_a_call: whether the weights change after a first call, so that it shows if a layer
            computes with old ones: then the plainest case is run in inference, too, for which
            layers prepare their weights once.
        forward_mode: whether gradients are had without a way back, of which nothing can be told.
        stops: whether torch stops the layer by raising in the midst of it, for which TorchScript's
            interpreter has no words.
    """

    name: str
    sentence: str
    build: Callable[[Built], Built]
    takes: Callable[[Case], bool] = every_case
    subjects: Takes = Takes.MODULES
    environment: Mapping[str, str] = field(default_factory=dict)
    loses: Callable[[str], bool] = keeps_all
    slow: bool = False
    slowest: bool = False
    translates: bool = False
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    opaque: str = ""
    after_a_call: bool = False
    forward_mode: bool = False
    stops: bool = False

    @cache  # noqa: B019 - a mode lives as long as its process
    def cases(self, level: str = "standard", kind: str = "", dtype: str = "") -> tuple[Case, ...]:
        """The cases of a level that the mode is run on; of a slow one, few.

        Args:
            kind, dtype: of this one alone, with every value of all other options; of all if "".
        """
        slow = self.slow or self.slowest
        return tuple(
            cases_for(
                self.takes,
                slow=slow,
                level=level,
                kind=kind,
                dtype=dtype,
                sizes=self.sizes,
                also=INFERENCE if self.after_a_call else None,
            )
        )

    def declines(self, error: BaseException, subject: Subject) -> bool:
        """Whether an error says that torch does not support the mode, or not of such a layer."""
        if isinstance(error, (Violation, Unsupported)):
            return False
        refused = self.translates and subject is not torch_nn
        return declines(error) or refused or (self.stops and is_wordless(error))
