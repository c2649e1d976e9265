"""The documents, their blocks and the commands that they name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
PROGRAMS = ("rnn-manual", "make", "python", "nox", "pytest", "pip")
WRONG = "examples/mine.py:build"  # a candidate that is wrong: what judges it returns 1


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(name), re.MULTILINE | re.DOTALL)


def consoles():
    """Every command of the console blocks → what stands below it, wherever it does."""
    found = {}
    for name in DOCS:
        for block in blocks(name, "console"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                line, _, output = part.partition("\n")
                command = re.sub(r"\s+#.*", "", line)
                found.setdefault(command, []).append(output)
    return found


def commands():
    """Every command that a block or a line of text names."""
    texts = "".join(re.sub(r"^```.*?^```$", "", text_of(n), flags=re.M | re.S) for n in DOCS)
    named = re.findall(r"`([^`]+)`", texts)
    named = [" ".join(command.split()) for command in named]
    return sorted(
        {c for c in named if c.startswith(tuple(f"{p} " for p in PROGRAMS))} | {*consoles()}
    )


def pattern(output):
    """Lines that are … stand for any, and at the end of a line for its rest."""
    lines = [re.escape(line) for line in output.splitlines()]
    lines = [re.sub(r"…$", "[^\n]*", line) for line in lines]
    return "".join("(?:.*\n)*" if line == "[^\n]*" else f"{line}\n" for line in lines)
