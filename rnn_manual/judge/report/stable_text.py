"""Messages without what changes from run to run."""

from __future__ import annotations

import re
import tempfile

PASSING = {
    r"0x[0-9a-fA-F]+": "0x…",
    r"\b(pid|process)([ =:]+)\d+": r"\1\2…",
    re.escape(tempfile.gettempdir()) + r"/[^\s'\",:;()]*": "a temporary file",
}


def stable(text: str) -> str:
    """A message without addresses, process numbers and names of temporary files."""
    for pattern, instead in PASSING.items():
        text = re.sub(pattern, instead, text)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written
