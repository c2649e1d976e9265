"""Every command that the documents name: run, its output compared, or why that is not done."""

import re
import shlex

import matplotlib
import pytest

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.process.loading import load
from rnn_manual.cli import main
from rnn_manual.cli.parser import parser
from rnn_manual.config import Config
from rnn_manual.parity import Case, check
from tests.meta.docs.documents import ROOT, WRONG, commands, consoles, pattern, text_of

# Commands that are not run here, by how they begin, and why.
NOT_RUN = {
    "make": "sets an environment up, and runs everything",
    "nox": "sets environments up, with other versions of torch",
    "pip install": "installs",
    "pytest": "runs the suite; the plugin's options have tests of their own",
    "python docs/findings.py": "minutes, and it finds other things in every torch",
    "python docs/gradient_norms.py": "test_docs.py compares what it prints",
    "python -m examples.variants": "tests/meta/examples/test_variants.py compares every line",
    "rnn-manual verify": "runs the suite; its options are taken, below",
    "rnn-manual record": "runs the suite",
    "rnn-manual compare": "takes recordings; tests/meta/recordings has some",
    "rnn-manual claims": "collects the suite; tests/meta/docs/test_claims.py runs some",
    "rnn-manual modes": "tests/meta/cli runs it",
    "rnn-manual cases": "tests/meta/cli runs it",
    "rnn-manual prove": "proves every case, many seconds; but for those with an output",
}
REPORTED = f'rnn-manual verify --candidate {WRONG} -k "[lstm-f32]"'
OUTPUTS = [c for c, outputs in consoles().items() if any(outputs) and c.startswith("rnn-manual ")]
OUTPUTS.remove(REPORTED)  # of which one case is compared
DRAWN = [c for c in commands() if "--save docs/" in c]
SHOWN = [
    c
    for c in commands()
    if c.startswith(("rnn-manual explain ", "rnn-manual trace ")) and c not in OUTPUTS + DRAWN
]
OURS = [c for c in commands() if c.startswith("rnn-manual ")]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """Candidates are loaded here: processes for them would take longer than all else."""

    def as_candidate(name):
        return Candidate(name, load(name))

    for command in ("prove", "trace"):
        monkeypatch.setattr(f"rnn_manual.cli.{command}.command.as_candidate", as_candidate)


def test_no_command_is_left_out():
    """Each is run, or has a reason not to be; and no reason stands there for nothing."""
    others = set(commands()) - {*OUTPUTS, *DRAWN, *SHOWN}
    assert [c for c in others if not c.startswith(tuple(NOT_RUN))] == []
    assert [begins for begins in NOT_RUN if not any(c.startswith(begins) for c in others)] == []


@pytest.mark.parametrize("command", OUTPUTS)
def test_a_command_prints_what_stands_there(command, capsys, monkeypatch):
    """To the letter, but for what … stands for."""
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(command)
    assert program == "rnn-manual"
    assert main(words) == (WRONG in words)
    shown = capsys.readouterr().out
    for output in filter(None, consoles()[command]):
        assert re.fullmatch(pattern(output), shown)


def test_a_failed_case_is_reported_as_it_stands_there(monkeypatch):
    """The command runs the whole suite, which others test; of the case it names it says this."""
    monkeypatch.chdir(ROOT)
    (output,) = consoles()[REPORTED]
    comparison = check(Candidate(WRONG, load(WRONG)), Case(Config("lstm", 3, 5)))
    assert re.fullmatch(pattern(output), f"\n{comparison}\n\n")


def test_what_is_not_printed_is_seen():
    assert re.fullmatch(pattern("…\nb\n…\n"), "a\nb\nc\n")
    assert not re.fullmatch(pattern("…\nb\n…\n"), "a\nc\n")
    assert not re.fullmatch(pattern("a b\n"), "a c\n")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("command", DRAWN)
def test_a_picture_is_what_its_command_draws(command, dark, tmp_path):
    """To the byte, with the matplotlib that it was drawn with."""
    pinned = re.search(r"^matplotlib==(\S+);", text_of("constraints.txt"), re.MULTILINE)
    if matplotlib.__version__ != pinned[1]:
        pytest.skip(f"drawn with matplotlib {pinned[1]}, this is {matplotlib.__version__}")
    *words, name = shlex.split(command)[1:]
    assert main([*words, str(tmp_path / "drawn.svg"), *["--dark"] * dark]) == 0
    kept = ROOT / (name.replace(".svg", "-dark.svg") if dark else name)
    assert (tmp_path / "drawn.svg").read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_in_the_text_runs(command, capsys, tmp_path, monkeypatch):
    """In an empty folder, and nothing that it checks on the way is otherwise than it says."""
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command.replace(WRONG, str(ROOT / WRONG)))[1:]
    wrong = WRONG in command
    assert main(words) == wrong
    assert ("✗" in capsys.readouterr().out) == wrong


@pytest.mark.parametrize("command", OURS)
def test_options_in_the_text_are_taken(command):
    """And what is named by its path in this repository is there."""
    options = parser().parse_args(shlex.split(command)[1:])
    path, _, name = (getattr(options, "candidate", None) or "").partition(":")
    if "/" in path:
        text = text_of(path)
        assert f"def {name}(" in text or f"{name} = " in text or f"{name}, " in text


def test_other_commands_lead_to_something():
    """make's targets, nox' sessions, scripts, the plugin's options."""
    targets = re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE)
    sessions = re.findall(r"^def (\w+)\(session", text_of("noxfile.py"), re.MULTILINE)
    options = text_of("rnn_manual/plugin/options.py")
    for command in commands():
        program, *words = command.split()
        if program == "make":
            assert words[0] in targets
        elif program == "nox":
            assert set(words) - {"-s"} <= {*sessions}
        elif program == "python":
            where = words[0] if words[0] != "-m" else words[1].replace(".", "/")
            assert (ROOT / where).exists()
        elif program == "pytest":
            assert all(word in options for word in words if word.startswith("--"))
