"""A test that failed, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Failure:
    """A test that failed.

    case: its comparison, as the JSON report has it, if it made one. line: of the candidate's own
    code, where it raised. claim: of a claim's test without a comparison, the claim and its
    sentence; again: the command that runs that test again.
    """

    test: str
    said: str
    case: dict[str, Any] | None = None
    line: str = ""
    claim: str = ""
    again: str = ""

    def in_full(self, lines: int | None = None) -> str:
        """All that is said of it, a fact a line.

        Args:
            lines: of what the test said, at most so many; all if None.
        """
        # Where it has no line, the words of a claim's test are those of an assertion of ours.
        is_ours = self.claim and not self.line
        said = _without_pytests_words(self.said) if is_ours else self.said.strip()
        shown = said.splitlines()[:lines]
        head = "\n".join(shown)
        if self.claim:
            head = f"claim     {self.claim}\nfound     " + "\n          ".join(shown)
        facts = [("at", self.line), ("again", self.again)]
        return "\n".join([head, *(f"{name:<9} {text}" for name, text in facts if text)])


def _without_pytests_words(said: str) -> str:
    """Without the exception's name, and without the assertion that pytest adds to its message."""
    message = re.sub(r"^(Failed|AssertionError): *", "", said.strip())
    return re.sub(r"(?<=.)\nassert .*", "", message, flags=re.DOTALL).strip()
