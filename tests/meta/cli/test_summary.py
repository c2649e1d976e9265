"""What the formulas of a run come to, in numbers and words."""

from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.groups import grouped
from rnn_manual.cli.verify.summary import conditions, formulas, open_formulas, smaller


def case(verdict, reason=None, conditions=(), chance=2.0**-70, part=None, violation=None):
    known = {"verdict": verdict, "reason": reason, "conditions": conditions, "chance": chance}
    return {"formula": known | {"part": part, "violation": violation}}


CAST = "but for a cast to a narrower format: mine.py:3  a = x.half(); b = 2"
BRANCH = "for inputs that take the same branches: mine.py:4  if x.sum() > 0: a = 1; b = 2"
CASES = [
    case("proved", conditions=[CAST], part="T=48, B=4"),
    case("proved", conditions=[CAST, BRANCH]),
    case("proved"),
    case("open", "no rule for aten::erf; and so on", part="T=97, B=4", chance=1.0),
    case("open", "no rule for aten::erf; and so on", chance=1.0),
    case("other", chance=2.0**300),
    {"formula": None},
]


def test_a_chance_is_that_of_what_is_proved():
    """Of what is open or another nothing was taken for the same."""
    said = "3 proved, 1 other, 2 open; the chance that one is taken for the same and is not: below"
    assert formulas(CASES) == f"{said} 2^-68"
    assert formulas(CASES[3:]) == "1 other, 2 open"
    raised = case("open", "raised it", violation="raised it")
    assert formulas([*CASES[3:], raised]) == "1 other, 2 open, 1 of runs that fail"
    assert formulas(CASES[6:]) == ""


def test_conditions_are_told_whole():
    """Those that the layer's own code makes, whatever stands in its lines."""
    assert conditions(CASES) == [(CAST, 2), (BRANCH, 1)]


def test_reasons_are_told_once():
    """However many steps a case has."""
    assert open_formulas(CASES) == [("no rule for aten::erf; and so on", 2)]


def test_what_is_proved_in_part_is_counted():
    """Cases of which fewer steps or sequences were run."""
    assert smaller(CASES) == [("on fewer steps or sequences than the case has", 1)]
    assert smaller(CASES[1:]) == []


def test_failures_whose_numbers_alone_are_others_are_one_group():
    """Headed by the words of the plainest."""
    said = ["RuntimeError: size 3 of float32", "RuntimeError: size 12 of float32"]
    failures = [Failure(f"test_it[{'a' * k}]", words, None) for k, words in enumerate(said, 1)]
    (group,) = grouped(failures)
    assert group.heading == said[0]
    assert len(group.failures) == 2
