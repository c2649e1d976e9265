"""The claims that the documents name, and the command that shows one."""

import re
from types import SimpleNamespace

import pytest

from rnn_manual.cli import main, some_claims
from tests.meta.docs.documents import DOCS, ROOT, text_of


def test_every_claim_that_is_named_is_one():
    """And is verified, by a test of the suite, which `claims` finds by its mark."""
    text = "".join(text_of(name) for name in DOCS)
    lines = re.findall(r"^Claims? (.*(?:\n.+)*)", text, re.MULTILINE)
    named = {claim for line in lines for claim in re.findall(r"\b[A-Z]\d\b", line)}
    suite = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    assert len(named) > 15
    assert named <= set(re.findall(r'@claim\(\s*"([A-Z]\d)"', suite))


def test_a_claim_is_shown_with_its_test_and_run(capsys):
    assert main(["claims", "d3", "A2"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("D3  ")
    for line in (
        "A2  Without memory, a loop over time and one matmul",
        "out[-1, :, :H] = h_n[-2],  out[0, :, H:] = h_n[-1]",
        "def test_the_two_directions_end_at_opposite_ends(layer, case):",
        "assert_same(out[-1, ..., :H], got.h_n[-2], ",
        "rnn-manual verify -k test_the_two_directions_end_at_opposite_ends",
    ):
        assert line in shown
    assert shown.count("holds for torch.nn") == 3


def test_an_unknown_claim_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(some_claims, "run_suite", lambda _, seen: seen.known.add("A1"))
    assert main(["claims", "Z9"]) == 2
    assert capsys.readouterr().err == (
        "rnn-manual: there is no claim 'Z9': rnn-manual claims lists them all\n"
    )


@pytest.mark.parametrize("when", ["setup", "call"])
def test_a_claim_that_does_not_hold_fails(when, capsys, monkeypatch):
    """What its test said is shown; one that could not begin does not hold either."""

    def failing(_, seen):
        test = some_claims.Test(
            "D5", "A sentence.", "a = b", "test_d.py::test_x", "", "id", "a case"
        )
        seen.known.add("D5")
        seen.tests["id"] = test
        report = {"nodeid": "id", "when": when, "passed": False, "failed": True}
        more = {"outcome": "failed", "longreprtext": "assert not True"}
        seen.pytest_runtest_logreport(SimpleNamespace(**report, **more))

    monkeypatch.setattr(some_claims, "run_suite", failing)
    assert main(["claims", "D5"]) == 1
    shown = capsys.readouterr().out
    assert "failed for torch.nn" in shown
    assert "assert not True" in shown
