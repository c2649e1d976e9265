"""Boxes, circles, arrows and words on one pair of axes, in inches."""

from __future__ import annotations

from typing import Any

from rnn_manual.explain.palette import ink_on
from rnn_manual.explain.pictures.theme import Theme

Point = tuple[float, float]


class Drawing:
    """What the pictures are put together from.

    Args:
        axes: matplotlib's, one unit of which is an inch.
    """

    def __init__(self, axes: Any, theme: Theme) -> None:
        self.axes, self.theme = axes, theme

    def words(self, at: Point, text: str, size: float = 10, **options: Any) -> None:
        """Text; centred, unless ha and va say otherwise."""
        options = {"ha": "center", "va": "center", "color": self.theme.ink} | options
        self.axes.text(*at, text, fontsize=size, **options)

    def aside(self, at: Point, text: str, size: float = 8.5, **options: Any) -> None:
        """Text that may be passed over."""
        self.words(at, text, size, color=self.theme.faint, **options)

    def box(
        self, at: Point, size: Point, text: str = "", face: str = "", fontsize: float = 10
    ) -> None:
        """A rounded box around a centre; of a face other than the paper's, legible on it."""
        from matplotlib.patches import FancyBboxPatch

        (x, y), (w, h) = at, size
        style = f"round,pad=0,rounding_size={min(0.08, w / 4, h / 4)}"
        self.axes.add_patch(
            FancyBboxPatch(
                (x - w / 2, y - h / 2), w, h, boxstyle=style, linewidth=1.1,
                facecolor=face or self.theme.cell, edgecolor=self.theme.ink, zorder=3,
            )
        )  # fmt: skip
        colour = ink_on(face) if face else self.theme.ink
        self.words(at, text, fontsize, color=colour, zorder=4)

    def surface(self, corner: Point, size: Point) -> None:
        """What lies behind the boxes of a layer or a cell."""
        from matplotlib.patches import FancyBboxPatch

        style = "round,pad=0,rounding_size=0.12"
        self.axes.add_patch(
            FancyBboxPatch(
                corner, *size, boxstyle=style, linewidth=0, facecolor=self.theme.layer, zorder=0
            )
        )

    def sign(self, at: Point, text: str) -> None:
        """An operation in a circle: ⊙ or +."""
        from matplotlib.patches import Circle

        self.axes.add_patch(
            Circle(
                at, 0.15, facecolor=self.theme.cell, edgecolor=self.theme.ink, linewidth=1.1,
                zorder=3,
            )
        )  # fmt: skip
        self.words(at, text, 12, zorder=4)

    def line(self, *points: Point) -> None:
        """Straight from point to point."""
        self.axes.plot(*zip(*points, strict=True), color=self.theme.ink, linewidth=1.1, zorder=2)

    def arrow(self, *points: Point) -> None:
        """The same, with a head at the end."""
        self.line(*points)
        self.axes.annotate(
            "", points[-1], points[-2], zorder=2,
            arrowprops={
                "arrowstyle": "-|>", "color": self.theme.ink, "linewidth": 1.1,
                "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11,
            },
        )  # fmt: skip

    def dot(self, at: Point) -> None:
        """Where one value goes several ways."""
        self.axes.plot(*at, marker="o", markersize=3.5, color=self.theme.ink, zorder=2)
