"""The command that runs a failed case again."""

import shlex
from dataclasses import replace
from functools import lru_cache

import pytest

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.levels import standard
from rnn_manual.config import Config
from rnn_manual.judge.report.again import again
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.parity import Case, check, select


@pytest.mark.parametrize("level", ["standard", "full"])
def test_a_case_is_shown_again_at_its_level(level):
    """A case that only the full level has asks for that."""
    cases = [case for case in select(level) if level == "standard" or case not in standard()]
    case = next(c for c in cases if c.config.kind == "lstm" and c.call == "with gradients")
    shown = _again("rnn_manual.mistakes:h_0_ignored", case)
    assert ("--level full" in shown) == (level == "full")
    assert f"[{case.id}]" in shown


def _again(candidate, case, mode=""):
    found = check(candidate, case, mode=mode, formulas=False)
    assert found.verdict.fails
    return case_json(found)["report"].splitlines()[-1]


def test_a_mode_is_shown_again_with_its_case():
    """At the level that has the mode's case."""
    candidate = "tests.meta.candidates.modes.wrong_in_modes:Stale"
    at_standard = MODES["copy_"].cases()
    (case,) = [case for case in at_standard if case.config.kind == "lstm"][:1]
    shown = _again(candidate, case, "copy_")
    assert shown.endswith(f'verify --candidate {candidate} -k "[copy_-{case.id}]"')
    at_full = [
        c for c in MODES["copy_"].cases("full") if c.config.kind == "lstm" and c not in at_standard
    ]
    assert "--level full" in _again(candidate, at_full[0], "copy_")
    of_kind = [
        case for case in MODES["copy_"].cases(kind="lstm") if case not in [*at_standard, *at_full]
    ]
    shown = _again(candidate, of_kind[0], "copy_")
    assert shown.endswith(
        f'verify --candidate {candidate} --kind lstm -k "[copy_-{of_kind[0].id}]"'
    )
    *_, code = shlex.split(_again(candidate, replace(case, seq_len=6), "copy_"))
    assert code.endswith(", seq_len=6), mode='copy_'))")
    found = check(candidate, replace(case, seq_len=6), mode="copy_", formulas=False)
    *_, code = shlex.split(again(replace(found, device="cuda")))
    assert code.endswith(", seq_len=6), device='cuda', mode='copy_'))")


def test_a_case_that_was_drawn_is_shown_again_in_python():
    """What no level has is written out, and what is at its default is not."""
    case = Case(Config("gru", 3, 6, bias=False), 4, 3, "float64", state="omitted", seed=5)
    shown = _again("rnn_manual.mistakes:z_lets_in", case)
    _, _, code = shlex.split(shown.partition("again")[2])
    asked = code.partition("check('rnn_manual.mistakes:z_lets_in', ")[2].removesuffix("))")
    assert eval(asked, {"Case": Case, "Config": Config}) == case
    assert "batch_first" not in code


def test_only_a_run_at_full_looks_for_a_case_there(monkeypatch):
    """It takes seconds to draw up, half a minute where Hypothesis traces what a test does."""
    case = Case(Config("lstm", 3, 6), 4, 3)
    assert case not in standard()

    @lru_cache
    def drawn_up():
        return (case,)

    monkeypatch.setattr("rnn_manual.judge.report.again.full", drawn_up)
    assert "Config(" in _again("rnn_manual.mistakes:g_derivative_of_sigmoid", case)
    assert drawn_up.cache_info().currsize == 0
    drawn_up()
    assert "--level full" in _again("rnn_manual.mistakes:g_derivative_of_sigmoid", case)
