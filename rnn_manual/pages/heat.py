"""The error by step and unit as a picture inside a page, one for each layer and direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnn_manual.pages.style import LEVELS

SIZE = 13  # of a square
NAMES = ("allowed", "to 100 ×", "to 10,000 ×", "to a million ×", "more", "NaN, infinite")
Ratios = Sequence[Sequence[float | None]]  # steps, and in them units


def level(ratio: float | None) -> int:
    """Which colour an error has, in units of what is allowed; None is beyond all measure."""
    if ratio is None:
        return len(LEVELS)
    return next(k for k, bound in enumerate(LEVELS) if ratio <= bound)


def maps(heat: Sequence[dict[str, Any]]) -> str:
    """All of a case's maps, the last layer's first, and what the colours mean."""
    if not heat:
        return ""
    layers = sorted({one["layer"] for one in heat}, reverse=True)
    figures = [
        f"<div class='layer'>{''.join(_figure(one) for one in heat if one['layer'] == k)}</div>"
        for k in layers
    ]
    key = "".join(f"<span>{_squares([[k]])} {name}</span>" for k, name in enumerate(NAMES))
    return (
        f"{''.join(figures)}"
        f"<p class='key faint'>error, in units of what rounding explains:{key}</p>"
    )


def _figure(one: dict[str, Any]) -> str:
    arrow = "→" if one["direction"] == "forward" else "←"
    parts = []
    for name in ("out", "h_n", "c_n"):
        if name in one:
            levels = [[level(ratio) for ratio in step] for step in one[name]]
            last = one["steps"] - 1
            under = f"{name}, t = 0{f' … {last}' * bool(last)}" if name == "out" else name
            parts.append(f"<span>{_squares(levels)}<br><small>{under}</small></span>")
    title = f"layer {one['layer']}, {one['direction']} {arrow}"
    said = "steps to the right, units down" if "out" in one else "of it only the last step is seen"
    return (
        f"<figure><figcaption>{title} <span class='faint'>{said}</span></figcaption>"
        f"<div class='maps'>{''.join(parts)}</div></figure>"
    )


def _squares(steps: Sequence[Sequence[int]]) -> str:
    """Steps to the right and units down; of each colour one path."""
    width, height = len(steps) * SIZE, max(map(len, steps), default=0) * SIZE
    paths: dict[int, list[str]] = {}
    for x, units in enumerate(steps):
        for y, found in enumerate(units):
            paths.setdefault(found, []).append(f"M{x * SIZE} {y * SIZE}h12v12h-12z")
    drawn = "".join(f"<path class='l{k}' d='{''.join(d)}'/>" for k, d in sorted(paths.items()))
    return f"<svg width='{width}' height='{height}' role='img'>{drawn}</svg>"
