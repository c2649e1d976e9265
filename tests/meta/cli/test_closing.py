"""What stands at the end of a run, of results made for it: no suite is run here."""

import json
import random
import re
from dataclasses import replace

import pytest
import torch

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.features import CHAOTIC, FEATURES
from rnn_manual.cases.options import case_of
from rnn_manual.cli import console as consoles
from rnn_manual.cli.verify.closing import declined, show
from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.following import Followed
from rnn_manual.cli.verify.legend import ROWS
from rnn_manual.cli.verify.results import as_report, dumps
from rnn_manual.config import Config
from rnn_manual.judge.findings import BITS
from rnn_manual.judge.report.environment import environment
from rnn_manual.parity import Case, Unsupported
from tests.meta.candidates.right.functions import with_a_copy_of_the_weights
from tests.meta.cli.runs import followed, last_line, shown

LSTM = case_of(equations="lstm", dtype="float64")
TWICE = "second derivatives"
SECOND = case_of(equations="lstm", dtype="float64", call=TWICE)
WEIGHTS_ONLY = case_of(equations="lstm", call="weights only")
PACKED = [case_of(equations="lstm", layout=layout) for layout in ("packed", "packed sorted")]


def test_the_largest_sizes_are_told():
    """Of what is compared, and simply called: what begins beyond them is not seen."""
    longer = replace(LSTM, seq_len=9)
    told = "\nsizes     at most T 9, B 4, I 3, H 5, num_layers 1, each in one of the cases; "
    assert told in shown(followed("torch.nn", [LSTM, longer]))
    assert "\nsizes " not in shown(followed(all_declined, [LSTM]))


def all_declined(module):
    raise Unsupported("all of it")


def test_the_last_line_says_that_few_cases_agree():
    """At level quick, which finds less: what agrees there may fail at standard."""
    found = followed("torch.nn", [LSTM])
    said = "mine:build agrees with the loops at level quick, which has few cases"
    assert last_line(found, level="quick") == said
    assert "quick" not in last_line(found)
    wrong = followed("rnn_manual.mistakes:h_0_ignored", [LSTM])
    assert last_line(wrong, level="quick").endswith("disagrees with the loops")


def test_the_last_line_says_what_a_copy_hides():
    """A layer that computes with a copy of the weights agrees, and is said to be one."""
    found = followed(with_a_copy_of_the_weights, [LSTM, SECOND, WEIGHTS_ONLY])
    lacks = [f"{n}: not compared (a copy of the weights)" for n in ("weights' gradients", TWICE)]
    assert last_line(found) == "; ".join(["mine:build agrees with the loops", *lacks])


def test_the_words_of_its_rows_are_explained_and_no_others():
    """Below the table; every row that has a meaning there is one of the tables'."""
    case = replace(LSTM, memory="expanded", label="notes-D3")
    said = shown(followed(with_a_copy_of_the_weights, [case]))
    assert "expanded            one sequence, B times, without a copy" in said
    assert "\nnotes               configurations of the study notes" in said
    assert "packed equal" not in said
    assert ROWS.keys() <= {*FEATURES, CHAOTIC, BITS}


def test_the_nearest_to_its_limit_is_named():
    nearest = shown(followed(with_a_copy_of_the_weights, [LSTM]))
    words = r"off by 0\.\d+ of what rounding explains; beyond 1 it fails"
    assert re.search(rf"^nearest   .* of lstm-f64, {words}$", nearest, re.MULTILINE)


def test_a_claim_alone_that_fails_is_what_the_last_line_says():
    """No case differs: it is the claims, by their names, that the layer does not hold."""
    found = followed(with_a_copy_of_the_weights, [LSTM])
    found.failures.append(Failure("test_c[lstm-f64]", "took a state of another batch size"))
    found.claims = {"C1": {"passed": 1, "failed": 0}, "B3": {"passed": 0, "failed": 1}}
    said = "mine:build agrees with the loops in every case of the tables, and fails claim B3; "
    assert last_line(found).startswith(said)
    found.claims["A2"] = found.claims["B3"]
    assert "and fails claims A2, B3; " in last_line(found)
    found.failures += followed(one_off, [LSTM]).failures
    assert last_line(found).startswith("mine:build disagrees with the loops; ")


def test_what_fails_in_modes_alone_is_what_the_last_line_says():
    """Called, it agrees: it is the mode that it does not stand."""
    found = followed("torch.nn", [LSTM])
    found.failures = followed("rnn_manual.mistakes:h_0_ignored", [LSTM], "rows").failures
    assert last_line(found) == "mine:build agrees with the loops as it is called, and fails in rows"
    found.claims = {"B3": {"passed": 0, "failed": 1}}
    assert last_line(found).endswith("and fails claim B3 and in rows")
    found.failures += followed("rnn_manual.mistakes:h_0_ignored", [LSTM]).failures
    assert last_line(found) == "mine:build disagrees with the loops"


def test_of_a_claim_what_was_found_is_told_without_pytests_words():
    """Neither the exception's name nor the assertion that it rewrote stand in a report."""
    said = "AssertionError: h_0[0] reaches h_n[1]\nassert not [1]"
    failure = Failure("test_c[a]", said, claim="C4: Each its own.", again="rnn-manual verify -k a")
    text = shown(Followed(failures=[failure], claims={"C4": {"passed": 0, "failed": 1}}))
    words = (
        "claim     C4: Each its own.\nfound     h_0[0] reaches h_n[1]\nagain     rnn-manual verify"
    )
    assert f"test_c[a]\n{words} -k a\n" in text
    assert text.endswith("mine:build fails claim C4\n")


def test_claims_that_were_asked_for_alone_are_what_the_last_line_says():
    """And no table of cases is shown, for there are none."""
    skipped = {"passed": 0, "failed": 0, "skipped": 4}
    held = {"C4": {"passed": 2, "failed": 0}, "A1": {"passed": 1, "failed": 0}}
    found = Followed(claims=held | {"B1": skipped})
    said = "fulfils A1, C4; -k names tests of claims alone, so no case was compared"
    assert last_line(found) == f"mine:build {said}"
    assert "formula" not in shown(found)
    assert not declined(as_report("mine:build", "standard", environment(), [], found))


def one_off(module):
    def call(x, hx=None):
        out, state = module(x, hx)
        return out + 1, state

    return call


def declines_packed(module):
    def call(x, hx=None):
        if hasattr(x, "batch_sizes"):
            raise Unsupported("padded input only")
        return module(x, hx)

    return call


def test_the_last_line_says_what_was_declined():
    """Features, and kinds, of which no case was compared."""
    found = followed(declines_packed, [LSTM, WEIGHTS_ONLY, *PACKED])
    said = "packed, packed sorted: not compared (padded input only)"
    assert last_line(found) == f"mine:build agrees with the loops; {said}"
    found = followed("torch.nn:LSTM", [LSTM, case_of(equations="gru")])
    said = "gru: not compared (it is of nn.LSTM's kind)"
    assert last_line(found) == f"mine:build agrees with the loops; {said}"


def test_what_is_declined_altogether_has_no_row():
    """But for a kind, of which the last line tells why; as of the options, and below the modes'."""
    gru = case_of(equations="gru", bidirectional=True)
    found = followed("torch.nn:LSTM", [LSTM, gru])
    found.cases += followed(declines_packed, PACKED).cases
    found.cases += followed(declines_packed, [LSTM], "deepcopy").cases
    starts = [line.split("  ")[0] for line in shown(found).splitlines()]
    assert {"lstm", "gru"} <= {*starts}
    rows = [line for line in shown(found).splitlines() if line.startswith("  ")]
    assert any(line.startswith("  float64 ") for line in rows)
    assert not any(line.startswith(("  bidirectional ", "  packed")) for line in rows)
    assert "deepcopy" not in starts
    assert "a PackedSequence" not in shown(found)  # nor is a row explained that there is not
    assert "\n\n\n" not in shown(found)
    assert "\n\n\n" not in shown(followed("torch.nn", [LSTM]))


def test_what_is_declined_of_one_kind_is_told_of_it():
    """A row that is not there is in the last line; so is the chaotic one."""

    def one_way(module):
        if isinstance(module, torch.nn.GRU) and module.bidirectional:
            raise Unsupported("one way only")
        return module

    both = [case_of(equations=e, bidirectional=True) for e in ("lstm", "gru")]
    chaotic = Case(Config("gru", 3, 4, bidirectional=True), gain=10.0)
    said = last_line(followed(one_way, [LSTM, *both, case_of(equations="gru"), chaotic]))
    told = "gru bidirectional, weights ×10: not compared (one way only)"
    assert said == f"mine:build agrees with the loops; {told}"


def test_a_row_of_which_some_was_compared_is_there():
    """Of a feature, and of a mode; what was declined in it is counted."""
    found = followed(one_way_packed, [LSTM, *PACKED, *BOTH_WAYS])
    for case in followed(one_way_packed, [LSTM, *PACKED[:1]]).cases:
        found.cases.append(case | {"mode": "rows"})
    lines = shown(found).splitlines()
    (row,) = [line for line in lines if line.startswith("  packed ")]
    assert row.split()[:3] == ["packed", "2", "proved"]
    (row,) = [line for line in lines if line.startswith("rows  ")]
    assert row.split()[:3] == ["rows", "2", "1"]


BOTH_WAYS = [case_of(equations="lstm", layout="packed", bidirectional=True)]


def one_way_packed(module):
    """Declines packed input of one direction."""

    def call(x, hx=None):
        if hasattr(x, "batch_sizes") and not module.bidirectional:
            raise Unsupported("packed input of one direction")
        return module(x, hx)

    return call


def test_declining_everything_is_no_agreement():
    """With nothing compared the last line says that, and not that it agrees."""
    assert "was not compared: it supports none of the cases" in last_line(
        followed(declines_packed, PACKED)
    )


def test_modes_for_others_are_one_line():
    """Of a function, which has no module to copy or export, one line tells all such modes."""
    found = followed(declines_packed, [LSTM], "deepcopy")
    found.cases += followed(declines_packed, [LSTM], "pickle").cases
    assert "deepcopy, pickle unsupported (2): a mode for torch.nn, and classes" in shown(found)


@pytest.mark.parametrize("width", [60, 80])
def test_names_are_never_cut(width):
    """However narrow the terminal, every name stands whole, and the table within it."""
    found = followed("torch.nn", [LSTM, *PACKED])
    for case in found.cases:
        case["features"] = list(FEATURES)
    for mode in MODES:
        found.cases.append({**found.cases[0], "mode": mode})
    lines = shown(found, width).splitlines()
    words = {line[: max(map(len, [*MODES, *FEATURES])) + 3].strip() for line in lines}
    for name in (*MODES, *FEATURES):
        assert any(line.split("  ")[0] == name for line in words), name
    table = [line for line in lines if line.strip().startswith(tuple(MODES))]
    assert max(map(len, table)) <= width


def test_what_is_piped_is_neither_wrapped_nor_padded(capsys, monkeypatch):
    """In a file a line is as long as it is, and ends where its text ends."""
    monkeypatch.setenv("COLUMNS", "40")
    found = followed("torch.nn", [LSTM])
    report = as_report("torch.nn", "standard", environment(), list(MODES), found)
    show(consoles.console(), report, found)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert any(len(line) > 40 and line.startswith("built on") for line in lines)


def test_equal_runs_give_equal_json():
    """In whatever order the results came in, and whatever names temporary files have."""
    texts = set()
    for turn in range(3):
        found = followed("torch.nn", [LSTM, *PACKED])
        for k in range(3):
            said = f'raised OSError: "/tmp/tmp{turn}{k}", line 3, at 0x7f{turn}'
            found.failures.append(Failure(f"test_it[{k}]", said))
        random.Random(turn).shuffle(found.cases)
        random.Random(turn).shuffle(found.failures)
        texts.add(dumps(as_report("mine:build", "standard", environment(), list(MODES), found)))
    (text,) = texts
    assert json.loads(text)["failures"][0]["said"].endswith('"a temporary file", line 3, at 0x…')


def test_a_report_has_all_that_is_said_of_a_claim():
    """In JSON every line; in a terminal some, and what stands below them."""
    said = "Failed: " + "\n".join(f"line {k}" for k in range(99))
    failure = Failure("test_c[a]", said, claim="C4: Each its own.", again="rnn-manual verify -k a")
    found = Followed(failures=[failure], claims={"C4": {"passed": 0, "failed": 1}})
    (entry,) = as_report("mine:build", "standard", environment(), [], found)["failures"]
    first, second, *lines, last = entry["said"].splitlines()
    assert (first, second) == ("claim     C4: Each its own.", "found     line 0")
    assert [line.strip() for line in lines] == [f"line {k}" for k in range(1, 99)]
    assert last == "again     rnn-manual verify -k a"
    text = shown(found)
    assert text.count("line ") < 20
    assert "\nagain     rnn-manual verify -k a\n" in text


def test_what_a_layer_raised_is_told_in_its_own_words_with_its_line():
    """Also where that is an assertion of its own."""
    said = "AssertionError: two lines\nassert of its own"
    failure = Failure("test_c[a]", said, line="mine.py:3  assert x", claim="C4: Each.", again="run")
    words = "found     AssertionError: two lines\n          assert of its own\nat        mine.py:3"
    assert words in failure.in_full()
    assert Failure("test_c", "did not answer", line="mine.py:3  x").in_full() == (
        "did not answer\nat        mine.py:3  x"
    )


def test_a_test_that_fails_and_is_no_claims_is_counted():
    """Where no case was compared: as where a mode could not be set up."""
    found = Followed(failures=[Failure("test_a_mode[a]", "RuntimeError: no")])
    assert last_line(found) == "mine:build fails 1 test"
