"""The gates and the state over time, a map each: units down, steps to the right."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_manual.config import DIRECTIONS
from rnn_manual.explain.call import Call
from rnn_manual.explain.pictures.theme import THEMES, TITLE_SIZE, title_width
from rnn_manual.explain.quantities import Key, Quantities

GATE, STATE = "cividis", "PuOr"  # of what lies between 0 and 1, and around 0; for any colour vision
SIGMOID = ("i", "f", "o", "r", "z")
KEY = "gates: blue is 0, yellow is 1; others: brown is below 0, white is 0, violet is above"
MARGIN, HEAD, SIDE = 0.4, 1.15, 1.1


def shown_names(call: Call) -> list[str]:
    """What is drawn: the gates, then the state."""
    gates = [] if call.config.kind == "rnn" else [*call.config.gates]
    return [*gates, *(f"{name}'" for name in reversed(call.config.states))]


def values_over_time(found: Quantities, layer: int, direction: int, name: str) -> Any:
    """(units, steps) of the first sequence, which is the longest."""
    steps = sorted(key.step for key in found if key[:2] == (layer, direction) and key.name == name)
    return np.stack([found[Key(layer, direction, t, name)][0].numpy() for t in steps], 1)


def over_time(call: Call, found: Quantities, theme: str = "light") -> Any:
    """The matplotlib figure. found: the loops' quantities, forward."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    config, paint, names = call.config, THEMES[theme], shown_names(call)
    wide = min(max(1.3, 0.16 * call.T), 2.6)
    tall = min(max(0.7, 0.16 * config.hidden_size), 2.5)
    title, key = (
        f"{config}, T = {call.T}",
        KEY if config.kind != "rnn" else KEY[KEY.index("brown") :],
    )
    key = f"units down, steps to the right; {key}"
    # An LSTM's six maps in two lines, where there are few of these: legible at a page's width.
    in_line = 3 if len(names) > 4 and config.num_rows <= 2 else len(names)
    lines, line = -(-len(names) // in_line), tall + 0.6
    width = max(8.5, 0.6 + title_width(title), SIDE + in_line * (wide + MARGIN) + 0.9)
    height = HEAD + config.num_rows * lines * line
    style: Any = {"font.family": "DejaVu Sans", "text.color": paint.ink, "font.size": 9,
             "axes.edgecolor": paint.faint, "xtick.color": paint.faint,
             "ytick.color": paint.faint, "axes.labelcolor": paint.faint}  # fmt: skip
    with mpl.rc_context(style):
        figure = Figure(figsize=(width, height), facecolor=paint.paper)
        figure.text(0.3 / width, 1 - 0.35 / height, title, fontsize=TITLE_SIZE, fontweight="bold")
        figure.text(0.3 / width, 1 - 0.62 / height, key, color=paint.faint)
        for row in range(config.num_rows):
            layer, direction = config.layer_direction(row)
            top = height - HEAD - row * lines * line
            label = f"layer {layer}\n{DIRECTIONS[direction]} {'→←'[direction]}"
            figure.text(0.3 / width, (top - tall / 2) / height, label, va="center")
            for number, name in enumerate(names):
                left = SIDE + 0.3 + number % in_line * (wide + MARGIN)
                bottom = top - number // in_line * line - tall
                place = (left / width, bottom / height, wide / width, tall / height)
                axes = figure.add_axes(place)
                values = values_over_time(found, layer, direction, name)
                gate = name in SIGMOID
                bound = max(1.0, float(np.abs(values).max()))
                axes.imshow(values, cmap=GATE if gate else STATE, vmin=0 if gate else -bound,
                            vmax=bound, aspect="auto", interpolation="nearest")  # fmt: skip
                span = "0 … 1" if gate else f"±{bound:.2g}"
                axes.set_title(f"{name}  ({span})", fontsize=9, color=paint.ink)
                axes.set_xticks(sorted({0, call.T - 1}))
                axes.set_yticks([])
    return figure
