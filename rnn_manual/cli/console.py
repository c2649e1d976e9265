"""Where the commands print: a terminal, or a file, for which nothing is wrapped or padded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from rich.console import Console

STYLE = {  # of a verdict
    "identical": "bold green",
    "within": "green",
    "unsupported": "yellow",
    "differs": "bold red",
    "error": "bold red",
}
WIDE = 10_000  # columns: a file has as many as a line needs


def console() -> Console:
    """Standard output, as wide as it is."""
    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    file: Any = _Unpadded(sys.stdout)
    return Console(file=file, width=WIDE, highlight=False, emoji=False)


TOLD = 5  # reasons


def tell(out: Console, what: str, said: Sequence[tuple[str, int]]) -> None:
    """Prints how often each was said, the commonest first."""
    for words, count in said[:TOLD]:
        line = f"{what:<9} {count} × {words}"
        out.print(line, style="yellow", markup=False, soft_wrap=True)
    if len(said) > TOLD:
        out.print(f"{'':<9} … and {len(said) - TOLD} more reasons", style="yellow")


class _Unpadded:
    """A file whose lines end where their text ends."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.line = file, ""

    def write(self, text: str) -> int:
        *whole, self.line = (self.line + text).split("\n")
        for line in whole:
            self.file.write(f"{line.rstrip()}\n")
        return len(text)

    def flush(self) -> None:
        self.file.flush()

    def isatty(self) -> bool:
        return False
