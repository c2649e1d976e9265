"""`rnn-manual compare`: recordings, each held against the one before it."""

from __future__ import annotations

import json
from pathlib import Path

from rnn_manual.cli.compared import show
from rnn_manual.cli.console import console
from rnn_manual.files import check_writable, write
from rnn_manual.pages.compared import page
from rnn_manual.recordings.compared.as_json import as_json
from rnn_manual.recordings.compared.between import drift
from rnn_manual.recordings.compared.columns import Column, title
from rnn_manual.recordings.compared.drift import DIFFERS
from rnn_manual.recordings.compared.markdown import markdown
from rnn_manual.recordings.recording import Recording
from rnn_manual.recordings.store import load, skipped
from rnn_manual.usage import Refused


def compare(
    folders: list[str],
    html_path: str | None = None,
    json_path: str | None = None,
    markdown_path: str | None = None,
) -> int:
    """Shows what changed from each recording to the next, and writes the reports asked for.

    Returns: 1 if something differs by more than rounding explains, otherwise 0.
    """
    for path in (html_path, json_path, markdown_path):
        if path is not None:
            check_writable(path)
    columns = side_by_side([Path(folder) for folder in folders])
    show(console(), columns)
    if html_path:
        write(Path(html_path), page(columns))
    if json_path:
        write(Path(json_path), json.dumps(as_json(columns), indent=1, allow_nan=False) + "\n")
    if markdown_path:
        write(Path(markdown_path), markdown(columns))
    return int(any(column.drift and column.drift.verdict == DIFFERS for column in columns))


def side_by_side(folders: list[Path]) -> list[Column]:
    """A column for each recording, compared with the nearest before it that was made.

    Raises: Refused: fewer than two were made. Unreadable: one cannot be read or compared.
    """
    columns: list[Column] = []
    before: Recording | None = None
    reasons = [skipped(folder) for folder in folders]
    loaded = [load(f) if why is None else None for f, why in zip(folders, reasons, strict=True)]
    candidates = {recording.about.get("candidate") for recording in loaded if recording}
    for folder, reason, recording in zip(folders, reasons, loaded, strict=True):
        names = [column.name for column in columns]
        if recording is None:
            name = _unlike(names, folder.resolve().name)
            columns.append(Column(name, skipped=reason or ""))
            continue
        name = title(recording.about, with_candidate=len(candidates) > 1)
        if name in names:
            name = f"{name} ({folder.resolve().name})"
        found = drift(before, recording) if before else None
        columns.append(Column(_unlike(names, name), recording, found))
        before = recording
    made = sum(column.recording is not None for column in columns)
    if made < 2:
        raise Refused(f"expected at least two recordings, got {made}")
    return columns


def _unlike(names: list[str], name: str) -> str:
    """The name, with a number behind it if it is taken."""
    found, count = name, 1
    while found in names:
        count += 1
        found = f"{name} {count}"
    return found
