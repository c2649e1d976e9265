"""Wrong usage: one clear line, exit 2, and nothing written."""

from collections import Counter

import pytest

from rnn_manual.cli import main
from rnn_manual.cli.parser import parser
from rnn_manual.cli.verify import command
from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.following import Followed
from rnn_manual.cli.verify.preflight import Preflight
from rnn_manual.cli.verify.suite import named, names_tests
from rnn_manual.usage import Refused
from tests.meta.cli.command import rnn_manual

AT_ONCE = {  # before anything is started
    "no colon": (
        ["--candidate", "mine"],
        "candidate must be MODULE:NAME or PATH.py:NAME, torch.nn or a mode, got 'mine'",
    ),
    "a misspelt mode": (["--candidate", "compil"], "got 'compil'; did you mean 'compile'?"),
    "another dtype": (["--dtype", "int7"], "invalid choice: 'int7'"),
    "another kind": (["--kind", "lstn"], "rnn, lstm, gru, got 'lstn'; did you mean 'lstm'?"),
    "another level": (["--level", "most"], "invalid choice: 'most'"),
    "half an expression": (["-k", "a and"], "-k 'a and': expected names joined by and, or, not"),
    "an option in part": (["--cand", "torch.nn"], "unrecognized arguments: --cand torch.nn"),
    "a folder that is not there": (["--json", "no/where.json"], "cannot write no/where.json"),
    "minus one worker": (["-n", "-1"], "expected a whole number, 0 or more, got '-1'"),
    "no time at all": (["--limit", "0"], "expected a number of seconds above 0, got '0'"),
    "a seed below zero": (["--seed", "-1"], "expected a whole number, 0 or more, got '-1'"),
    "a folder for a file": (["--json", "."], "cannot write '.': expected the name of a file"),
    "no name for a file": (["--html", ""], "cannot write '': expected the name of a file"),
}


@pytest.mark.parametrize("what", AT_ONCE)
def test_wrong_usage_is_one_line_and_exit_2(tmp_path, monkeypatch, capsys, what):
    """What can be refused at once is, in one line."""
    monkeypatch.chdir(tmp_path)
    arguments, said = AT_ONCE[what]
    try:
        code = main(["verify", *arguments])
    except SystemExit as exit:  # argparse's way
        code = exit.code
    assert code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


# What a name may lead to is told in tests/meta/candidates/process/test_loading.py.
ASKED = {
    "a module that exits": (["exits:build", "cpu"], "importing exits failed: SystemExit"),
    "a module that ends the process": (["ends:build", "cpu"], "ended its process with exit code 3"),
    "a device nobody has": ([None, "abacus"], "device 'abacus' cannot be used"),
    "a device without numbers": ([None, "meta"], "device 'meta' cannot be used"),
}


@pytest.mark.parametrize("what", ASKED)
def test_what_takes_a_look_is_refused_in_one_line(tmp_path, monkeypatch, what):
    """A candidate or a device that cannot be used is refused in a line that names it."""
    (tmp_path / "exits.py").write_text("raise SystemExit(0)")
    (tmp_path / "ends.py").write_text("import os; os._exit(3)")
    monkeypatch.chdir(tmp_path)
    names, said = ASKED[what]
    with Preflight(*names, limit=120) as preflight:
        refusal = preflight.refusal()
    assert said in refusal
    assert "\n" not in refusal


REFUSED = {  # by a whole command
    "a module that fails": (["--candidate", "broken:build"], "ValueError: broken inside"),
    "no such case": (["-k", "nonesuch"], "no test matches: -k 'nonesuch'"),
    "a device, by its workers": (["-n1", "--device", "meta"], "device 'meta' cannot be used"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_leaves_nothing_to_run_is_refused(tmp_path, what):
    """So is what is seen to be wrong only when the suite is collected; no report is written."""
    (tmp_path / "broken.py").write_text("raise ValueError('broken inside')")
    arguments, said = REFUSED[what]
    run = rnn_manual("verify", "-n0", "--json", "r.json", *arguments, cwd=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert said in run.stderr
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Followed(), "no test matches: -k 'x'"),
        (
            Followed(outcomes=Counter(passed=3)),
            "no case was compared: -k 'x' selects 3 tests of claims alone; "
            "a case is named as [lstm-f32], a claim's test by its name",
        ),
        (
            Followed(outcomes=Counter(skipped=3)),
            "no case was compared: torch.nn declines all 3 tests",
        ),
        (Followed(refused="candidate mine:build: no"), "candidate mine:build: no"),
    ],
)
def test_a_selection_without_a_case_is_refused(found, said):
    """Laws alone are no comparison, if they were not asked for: exit 2 as other wrong usage."""
    options = parser().parse_args(["verify", "-k", "x"])
    with pytest.raises(Refused) as refused:
        command._refuse_what_shows_nothing(options, found, 0)
    assert str(refused.value) == said


def test_claims_are_judged_alone_where_their_tests_are_named():
    """And where one of them fails, whatever selected it; not where the layer declines them all."""
    passed, failed = Counter(passed=3), Counter(failed=1)
    by_name = parser().parse_args(["verify", "-k", "test_shapes"])
    command._refuse_what_shows_nothing(by_name, Followed(outcomes=passed), 0)
    skipped = Followed(outcomes=Counter(skipped=3))
    with pytest.raises(Refused, match=r"torch\.nn declines all 3 tests"):
        command._refuse_what_shows_nothing(by_name, skipped, 0)
    by_case = parser().parse_args(["verify", "-k", "x"])
    found = Followed(outcomes=failed, failures=[Failure("test_shapes[x]", "no")])
    command._refuse_what_shows_nothing(by_case, found, 1)


ASKED_FOR = {
    "rnn-manual verify": [],
    "rnn-manual verify --candidate 'a b.py:f' --kind lstm gru --dtype float64 --device cuda "
    "--level quick --seed 7 --limit 60": [
        *("--candidate", "a b.py:f", "--kind", "lstm", "gru", "--dtype", "float64"),
        *("--device", "cuda", "--level", "quick", "--seed", "7", "--limit", "60"),
    ],
    "rnn-manual verify --level full": ["--level", "full", "-n", "2", "-k", "x", "--json", "r.json"],
}


@pytest.mark.parametrize("words", ASKED_FOR)
def test_a_claim_is_run_again_with_what_decides_on_its_cases(words):
    """And without what shows a run, or speeds it up."""
    assert command._asked(parser().parse_args(["verify", *ASKED_FOR[words]])) == words


def test_a_test_is_named_as_far_as_an_expression_can():
    """By its case, too; of one whose name has spaces, all cases."""
    assert named("test_shapes[lstm-bi-dropout0.3-f32]") == "test_shapes[lstm-bi-dropout0.3-f32]"
    assert named("test_formulas[gru 2 layers bi]") == "test_formulas"


BY_NAME = {
    "test_shapes": True,
    "TEST_shapes and not gru": True,
    "test_shapes and [lstm-f32]": True,
    "(test_shapes or test_in_pieces) and lstm": True,
    "[lstm-f32]": False,
    "not test_parity and not test_modes and bits": False,
    "not (test_parity or test_modes)": False,
}


@pytest.mark.parametrize("expression", BY_NAME)
def test_a_test_that_is_left_out_is_not_asked_for(expression):
    """By its name; whatever else is asked of it."""
    assert names_tests(expression) == BY_NAME[expression]


def test_what_is_held_against_a_recording_has_cases():
    """Of claims alone a recording has nothing, which is no agreement with it."""
    options = parser().parse_args(["verify", "-k", "test_shapes", "--against", "before"])
    found = Followed(outcomes=Counter(passed=3))
    with pytest.raises(Refused, match="none of the cases is in the recording before"):
        command._refuse_what_shows_nothing(options, found, 0)
