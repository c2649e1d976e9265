"""The documents' code runs, and their commands print what stands there."""

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import pytest

from rnn_manual.cli import main, some_claims
from rnn_manual.cli.parser import parser
from rnn_manual.config import Config
from rnn_manual.parity import Case, check

ROOT = Path(__file__).parents[3]
DOCS = ["docs/understanding.md"]
LONG = ("verify", "record", "compare")  # commands that are tested elsewhere; here, their options
WRONG = "examples/mine.py:build"  # a candidate that is wrong: what judges it returns 1


def blocks(name, language):
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def consoles():
    """Every command of the console blocks → what stands below it, wherever it does."""
    found = {}
    for name in DOCS:
        for block in blocks(name, "console"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.setdefault(command, []).append(output)
    return found


def commands():
    """Every command that stands in a line of text."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in DOCS]
    return sorted({c for text in texts for c in re.findall(r"`(rnn-manual [^`]+)`", text)})


@pytest.mark.parametrize("name", DOCS)
def test_the_code_runs(name):
    """Block after block, as somebody would who reads from the beginning."""
    names = {}
    for block in blocks(name, "python"):
        exec(compile(block, name, "exec"), names)


@pytest.mark.parametrize("command", [c for c in consoles() if c.split()[1] not in LONG])
def test_a_command_prints_what_stands_there(command, capsys, monkeypatch):
    """To the letter, but for what … stands for."""
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(command)
    assert program == "rnn-manual"
    assert main(words) == (WRONG in words)
    shown = capsys.readouterr().out
    for output in consoles()[command]:
        assert re.fullmatch(pattern(output), shown)


def test_a_failed_case_is_reported_as_it_stands_there(monkeypatch):
    """The command runs the whole suite, which others test; of the case it names it says this."""
    monkeypatch.chdir(ROOT)
    (output,) = consoles()[f'rnn-manual verify --candidate {WRONG} -k "[lstm-f32]"']
    comparison = check(WRONG, Case(Config("lstm", 3, 5)))
    assert re.fullmatch(pattern(output), f"\n{comparison}\n\n")


def pattern(output):
    """Lines that are … stand for any, and at the end of a line for its rest."""
    lines = [re.escape(line) for line in output.splitlines()]
    lines = [re.sub(r"…$", "[^\n]*", line) for line in lines]
    return "".join("(?:.*\n)*" if line == "[^\n]*" else f"{line}\n" for line in lines)


def test_what_is_not_printed_is_seen():
    assert re.fullmatch(pattern("…\nb\n…\n"), "a\nb\nc\n")
    assert not re.fullmatch(pattern("…\nb\n…\n"), "a\nc\n")
    assert not re.fullmatch(pattern("a b\n"), "a c\n")


SHOWN = [c for c in commands() if c.split()[1] in ("explain", "trace") and "docs/" not in c]
DRAWN = [c for c in commands() if "--save docs/" in c]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("command", DRAWN)
def test_a_picture_is_what_its_command_draws(command, dark, tmp_path):
    """To the byte, with the matplotlib that it was drawn with."""
    pinned = re.search(r"^matplotlib==(\S+);", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    if matplotlib.__version__ != pinned[1]:
        pytest.skip(f"drawn with matplotlib {pinned[1]}, this is {matplotlib.__version__}")
    *words, name = shlex.split(command)[1:]
    assert main([*words, str(tmp_path / "drawn.svg"), *["--dark"] * dark]) == 0
    kept = ROOT / (name.replace(".svg", "-dark.svg") if dark else name)
    assert (tmp_path / "drawn.svg").read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_in_the_text_runs(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)[1:]) == 0
    assert "✗" not in capsys.readouterr().out


@pytest.mark.parametrize("command", [c for c in commands() if c.split()[1] in LONG])
def test_options_in_the_text_are_taken(command):
    options = parser().parse_args(shlex.split(command)[1:])
    path, _, name = options.candidate.partition(":")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_every_claim_that_is_named_is_one():
    """And is verified, by a test of the suite, which `claims` finds by its mark."""
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in DOCS)
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
        "assert_same(out[-1, ..., :H], got.h_n[-2])",
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
