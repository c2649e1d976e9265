"""Failures that say the same stand together at the end of a run, and the plainest is shown."""

from dataclasses import replace

from rnn_manual.cases.options import case_of
from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.following import Followed
from tests.meta.cli.runs import followed, shown

LSTM = case_of(equations="lstm", dtype="float64")


class OneLayer:
    """Takes neither num_layers nor bidirectional; what it says is in its constructor's words."""

    def __new__(cls, module):
        for option in ("num_layers", "bidirectional"):
            if getattr(module, option) > (option == "num_layers"):
                raise TypeError(f"got an unexpected keyword {option!r}")
        return module


def partial():
    cases = [
        case_of(equations="lstm", num_layers=layers, bidirectional=bi, dtype=dtype)
        for dtype in ("float64", "float32")
        for layers, bi in ((2, False), (3, True), (1, True))
    ]
    found = followed(OneLayer, cases)
    found.failures += followed(OneLayer, [case_of(num_layers=2)], "rows").failures
    said = "TypeError: got an unexpected keyword 'num_layers'\nat        mine.py:5  raise"
    found.failures.append(Failure("test_a_law[lstm-2layer-f32]", said))
    return found


def test_failures_are_grouped_by_what_was_said():
    """Whichever test met it, in a mode or not; of each the plainest case, and a way out."""
    text = shown(partial())
    said = "TypeError: got an unexpected keyword 'num_layers' (also in rows)"
    assert f"\n6 × {said}; the plainest:\n" in text
    assert "\n2 × TypeError: got an unexpected keyword 'bidirectional'; the plainest:\n" in text
    assert text.count("test_it[") == 2
    assert "test_it[lstm-2layer-f32]" in text
    assert "test_it[lstm-bi-f32]" in text
    assert "by `raise rnn_manual.parity.Unsupported(" in text


def test_what_was_raised_in_modes_only_names_them():
    """A mode is a part of what happened where nothing happens without."""
    found = followed(OneLayer, [case_of(num_layers=2)], "rows")
    found.failures += followed(OneLayer, [case_of(num_layers=3)], "rows").failures
    heading = "2 × TypeError: got an unexpected keyword 'num_layers' (in rows); the plainest:"
    assert heading in shown(found)


def test_what_was_not_run_is_one_line_at_the_end():
    """After hangs in a row: where it hung first, and one line for all that was not run."""
    why = "did not answer within 3 s"
    not_run = [Failure(f"test_law[{k}]", f"not run: the 3 runs before it {why}") for k in range(9)]
    hung = [
        Failure(f"test_law[hung {k}]", f"{why}\nat        mine.py:4  while True:") for k in "ab"
    ]
    text = shown(Followed(failures=[*not_run, *hung]))
    assert text.index("2 × did not answer") < text.index(f"9 × not run: the 3 runs before it {why}")
    assert text.count("not run") == 1
    assert "Unsupported" not in text


def test_what_is_wrong_as_it_is_called_is_not_shown_for_each_mode():
    """A mode has a group of its own where its cases alone fail so."""
    gates = "rnn_manual.mistakes:gates_g_o_exchanged"
    state = "rnn_manual.mistakes:h_0_ignored"
    found = followed(gates, [LSTM])
    for candidate, mode in (
        (gates, "rows"),
        (gates, "threads-1"),
        (state, "rows"),
        (state, "threads-1"),
    ):
        found.failures += followed(candidate, [LSTM], mode).failures
    text = shown(found)
    said = 'behaves exactly like the mistake "gates g and o exchanged" (also in rows, threads-1)'
    assert f"\n3 × {said}; the plainest:\n" in text
    assert text.count("test_it[") == 3


class Two:
    """Two faults without a name: one as it is called, of one step, and one of a single row."""

    def __new__(cls, module):
        def call(x, hx=None):
            out, states = module(x, hx)
            if x.shape[0] == 1:
                out = out * 1.125
            elif x.shape[1] == 1:
                out = out + 0.125 * out.roll(1, -1) ** 2
            return out, states

        return call


def test_two_faults_without_a_name_are_not_told_as_one():
    """Unless the line, too, is the same."""
    one_step = case_of(equations="lstm", dtype="float64", T=1)
    found = followed(Two, [one_step])
    found.failures += followed(Two, [LSTM], "rows").failures
    unknown = [
        replace(failure, case=failure.case | {"formula": None, "diagnosis": None})
        for failure in found.failures
    ]
    for failures in (found.failures, unknown):
        text = shown(Followed(failures=failures))
        assert text.count("test_it[") == 2
        assert "also in" not in text


def test_of_many_modes_four_are_named():
    """By their names, in order; what differs in a number alone is one group."""
    case = case_of(num_layers=2)
    failures = followed(OneLayer, [case], "rows").failures
    for k, mode in enumerate("edcba"):
        said = f"TypeError: size {k}"
        failures.append(
            Failure("test_it", said, failures[0].case | {"mode": mode, "message": said})
        )
    text = shown(Followed(failures=failures[1:]))
    assert "\n5 × TypeError: size " in text
    assert " (in a, b, c, d, …); the plainest:\n" in text
    text = shown(Followed(failures=failures[2:]))
    assert " (in a, b, c, d); the plainest:\n" in text
