"""What light and dark pictures are painted with."""

from __future__ import annotations

from typing import NamedTuple


class Theme(NamedTuple):
    """paper: behind all; ink: text and arrows; faint: what is said aside; cell, layer: surfaces."""

    paper: str
    ink: str
    faint: str
    cell: str
    layer: str


TITLE_SIZE = 13


def title_width(title: str) -> float:
    """Inches that a bold title takes, at most."""
    return 0.14 * len(title)


THEMES = {
    "light": Theme("#FFFFFF", "#1A1A1A", "#666666", "#FFFFFF", "#F0F1F3"),
    "dark": Theme("#14171B", "#ECECEC", "#A0A6AD", "#14171B", "#242A31"),
}
