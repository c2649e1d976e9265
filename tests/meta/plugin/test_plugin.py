"""The pytest plugin in somebody else's tests."""

import os
from pathlib import Path

import pytest

from rnn_manual.parity import parametrize
from tests.meta.warm.commands import run_warm

THEIRS = """
from rnn_manual.parity import check, parametrize

@parametrize(where=lambda case: case.config.num_layers == 1 and len(case.id) < 10)
def test_mine(case):
    check(lambda module: module, case).assert_ok()
"""
WRONG = """
from rnn_manual.parity import check, parametrize

@parametrize(where=lambda case: case.id == "lstm-f64")
def test_mine(case):
    check("rnn_manual.mistakes:gates_g_o_exchanged", case).assert_ok()
"""

DECLINING = """
from rnn_manual.parity import Unsupported, check, parametrize

def build(module):
    if module.num_layers > 1:
        raise Unsupported("two layers")
    return module

@parametrize(where=lambda case: case.config.num_layers < 3 and len(case.id) < 16)
def test_mine(case):
    check(build, case).assert_ok()
"""


README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def theirs(pytester):
    pytester.makepyfile(THEIRS)
    return pytester


def run(pytester, *arguments):
    """As `runpytest_subprocess`, but that torch need not be loaded."""
    # (Of what is loaded already, pytest cannot rewrite the asserts, and says so.)
    quiet = ["-pno:cacheprovider", "-Wignore::pytest.PytestAssertRewriteWarning"]
    done = run_warm(pytest.main, [*quiet, *arguments], pytester.path, os.environ)
    return pytest.RunResult(
        done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), duration=0
    )


def test_parametrize_hands_out_cases(theirs):
    """A decorated test gets every case that it asks for."""
    outcome = run(theirs).parseoutcomes()
    assert outcome["passed"] > 10
    assert set(outcome) == {"passed"}


def test_options_select(theirs):
    """--kind and --dtype hold in other people's tests, under xdist too."""
    result = run(theirs, "--kind", "lstm", "--dtype", "float64", "-v", "-n2", "-p", "no:randomly")
    assert result.parseoutcomes()["passed"] == 1
    result.stdout.no_fnmatch_line("*[[]rnn*")
    result.stdout.no_fnmatch_line("*f32]*")


def test_a_run_at_quick_says_so(theirs):
    """For what passes there may fail elsewhere; other runs say nothing of it."""
    said = "rnn-manual: at level quick, which has few cases"
    run(theirs, "--level", "quick", "--kind", "lstm", "-q").stdout.fnmatch_lines([said])
    run(theirs, "--kind", "lstm", "--dtype", "float64", "-q").stdout.no_fnmatch_line(said)


def test_parametrize_without_parentheses_is_told():
    """By how it is to be written."""
    with pytest.raises(TypeError, match=r"@parametrize\(\) or @parametrize\(where=…\)"):
        parametrize(test_parametrize_hands_out_cases)


@pytest.mark.parametrize("asked", [[], ["--dtype", "float64"]])
def test_no_case_is_an_error(pytester, asked):
    """A test that asks for cases there are none of would never fail: it is refused."""
    pytester.makepyfile(THEIRS.replace("num_layers == 1", "num_layers == 99"))
    result = run(pytester, *asked)
    assert result.ret != 0
    said = "*::test_mine: there are * cases at level standard, and none is as `where` asks"
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*collection.py*")


def test_a_declined_case_is_skipped(pytester):
    """What a candidate declines has not passed: it is skipped, with the candidate's words."""
    pytester.makepyfile(DECLINING)
    result = run(pytester, "-rs")
    outcome = result.parseoutcomes()
    assert outcome["passed"] > 3
    assert outcome["skipped"] > 3
    result.stdout.fnmatch_lines(["SKIPPED*two layers"])


DRAWN = "from hypothesis import given"


def test_readmes_block_for_hypothesis(pytester):
    """As it is shown it passes for a right layer, slow first call and all."""
    (block,) = (b for b in README.read_text().split("```python\n") if b.startswith(DRAWN))
    block = block.partition("```")[0].replace("deadline=None", "deadline=None, max_examples=4")
    pytester.makepyfile(f"def build(module):\n    return module\n\n{block}")
    assert run(pytester).parseoutcomes()["passed"] == 1


def test_a_failure_is_the_block_and_no_more(pytester):
    """What is shown is the report, and none of our own frames."""
    pytester.makepyfile(WRONG)
    result = run(pytester, "--tb=short")
    result.stdout.fnmatch_lines(["E   *disagrees with the loops on*", "E   diagnosis *g and o*"])
    result.stdout.no_fnmatch_line("*compare.py*")


LAW = """
def test_a_law(layer):
    from rnn_manual.parity import select
    layer(select()[0])
"""


def test_a_law_that_a_candidate_raises_in_says_where(pytester):
    """Its own line is in what pytest prints, and in JUnit's report, though the frames are ours."""
    pytester.makepyfile(
        mine="def build(module):\n    return lambda x, hx=None: 1 / 0", test_law=LAW
    )
    result = run(pytester, "--candidate", "mine.py:build", "--junitxml", "j.xml")
    assert result.parseoutcomes() == {"failed": 1}
    said = "mine.py:2  return lambda x, hx=None: 1 / 0"
    result.stdout.fnmatch_lines(["*raised by the candidate at*", said])
    assert said in (pytester.path / "j.xml").read_text()


LAWS = """
from rnn_manual.parity import parametrize

@parametrize(where=lambda case: case.id in ("rnn-f16", "rnn-f64"))
def test_a_law(layer, case):
    layer(case)
"""


def test_a_law_on_numbers_that_torch_lacks_is_skipped(pytester, monkeypatch):
    """As float16 on a CPU, of which torch 1.13 and 2.0 have no matrix products."""
    monkeypatch.setattr(
        "rnn_manual.candidates.device.lacking", lambda dtype, _: "no such" * (dtype == "float16")
    )
    pytester.makepyfile(test_laws=LAWS)
    found = pytester.runpytest_inprocess("-pno:cacheprovider", "-rs")
    assert found.parseoutcomes() == {"passed": 1, "skipped": 1}
    found.stdout.fnmatch_lines(["*no such"])


def test_bystanders_do_not_load_torch(pytester):
    """In a project without recurrent layers the plugin leaves torch alone."""
    pytester.makepyfile("import sys\ndef test_none(): assert 'torch' not in sys.modules")
    assert pytester.runpytest_subprocess().parseoutcomes() == {"passed": 1}


def test_the_suite_takes_a_candidate(pytester):
    """The fixtures hand a test the candidate and device that the options name."""
    pytester.makepyfile(
        mine="def build(module): return module",
        test_mine="def test_it(candidate, device): assert (candidate.name, device) == "
        "('mine:build', 'cpu')",
    )
    assert run(pytester, "--candidate", "mine:build").parseoutcomes() == {"passed": 1}
