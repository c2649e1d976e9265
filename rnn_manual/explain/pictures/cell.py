"""The data flow of one cell: gates, ⊙, +, σ and tanh, with the rows of the weights they take."""

from __future__ import annotations

from rnn_manual.explain.call import Call
from rnn_manual.explain.pictures.drawing import Drawing

SIZES = {"rnn": (6.7, 2.6), "lstm": (9.4, 4.0), "gru": (8.7, 4.0)}
R = 0.15  # of a circle
PROJECTION = 1.1  # more to the right, for its box


def cell_size(call: Call) -> tuple[float, float]:
    """In inches, (width, height)."""
    width, height = SIZES[call.config.kind]
    return width + PROJECTION * bool(call.config.proj_size), height


def draw_cell(draw: Drawing, call: Call) -> None:
    """The cell of the call's kind, from (0, 0) up."""
    width, height = cell_size(call)
    draw.surface((0.8, 0.1), (width - 1.7, height - 0.2))
    {"rnn": _rnn, "lstm": _lstm, "gru": _gru}[call.config.kind](draw, call)


def _value(draw: Drawing, call: Call, at: tuple[float, float], name: str, size: int) -> None:
    """Something that comes in or goes out, and its shape."""
    batch = "" if call.layout == "unbatched" else "B, " if call.packed else f"{call.B}, "
    draw.words(at, name, 12)
    draw.aside((at[0], at[1] - 0.3), f"({batch}{size})", 7.5)


def _product(draw: Drawing, call: Call, at: tuple[float, float], letters: str) -> None:
    """The product with a weight, and the bias."""
    bias = f" + $b_{{{letters}}}$" if call.config.bias else ""
    draw.box(at, (1.4, 0.4), f"· $W_{{{letters}}}^{{\\,T}}${bias}", fontsize=9)


def _gate(draw: Drawing, call: Call, x: float, y: float, gate: str, function: str) -> None:
    """A gate's function in its box, and which rows of the weights it takes."""
    H, k = call.config.hidden_size, call.config.gates.index(gate)
    draw.box((x, y), (0.56, 0.36), function)
    draw.words((x - 0.1, y + 0.34), gate, 11, ha="right", fontweight="bold")
    draw.aside((x + 0.33, y), f"rows\n{k * H}:{(k + 1) * H}", 7, ha="left")


def _rnn(draw: Drawing, call: Call) -> None:
    config, x, h, middle = call.config, 1.85, 0.75, 1.3
    _value(draw, call, (0.4, x), "$x_t$", config.input_size)
    _value(draw, call, (0.4, h), "$h_{t-1}$", config.hidden_size)
    for y, letters, end in ((x, "ih", middle + R), (h, "hh", middle - R)):
        _product(draw, call, (1.8, y), letters)
        draw.arrow((0.7, y), (1.1, y))
        draw.arrow((2.5, y), (3.2, y), (3.2, end))
    draw.sign((3.2, middle), "+")
    draw.arrow((3.2 + R, middle), (4.1, middle))
    draw.box((4.5, middle), (0.8, 0.4), config.nonlinearity)
    draw.arrow((4.9, middle), (6.0, middle))
    _value(draw, call, (6.25, middle), "$h_t$", config.hidden_size)


def _lstm(draw: Drawing, call: Call) -> None:
    config, top, bus, gates = call.config, 3.4, 0.85, 1.65
    H, right = config.hidden_size, cell_size(call)[0] - 0.4
    x = {"f": 3.6, "i": 4.7, "g": 5.9, "o": 7.0}
    _value(draw, call, (0.4, 0.45), "$x_t$", config.input_size)
    _value(draw, call, (0.4, 1.25), "$h_{t-1}$", config.output_size)
    for y, letters, end in ((0.45, "ih", bus - R), (1.25, "hh", bus + R)):
        _product(draw, call, (1.75, y), letters)
        draw.arrow((0.7, y), (1.05, y))
        draw.arrow((2.45, y), (2.85, y), (2.85, end))
    draw.sign((2.85, bus), "+")
    draw.line((2.85 + R, bus), (x["o"], bus))
    for gate, at in x.items():
        _gate(draw, call, at, gates, gate, "tanh" if gate == "g" else "σ")
        draw.arrow((at, bus), (at, gates - 0.18))
        if gate != "o":
            draw.dot((at, bus))
    _value(draw, call, (0.4, top), "$c_{t-1}$", H)
    draw.arrow((0.72, top), (x["f"] - R, top))
    draw.sign((x["f"], top), "⊙")
    draw.arrow((x["f"], gates + 0.18), (x["f"], top - R))
    both, meet = (x["i"] + x["g"]) / 2, 2.55
    draw.sign((both, meet), "⊙")
    draw.arrow((x["i"], gates + 0.18), (x["i"], meet), (both - R, meet))
    draw.arrow((x["g"], gates + 0.18), (x["g"], meet), (both + R, meet))
    draw.arrow((x["f"] + R, top), (both - R, top))
    draw.sign((both, top), "+")
    draw.arrow((both, meet + R), (both, top - R))
    draw.arrow((both + R, top), (right - 0.25, top))
    _value(draw, call, (right, top), "$c_t$", H)
    out, level = 7.95, 2.0
    draw.dot((out, top))
    draw.arrow((out, top), (out, 2.95))
    draw.box((out, 2.77), (0.56, 0.36), "tanh")
    draw.arrow((out, 2.59), (out, level + R))
    draw.sign((out, level), "⊙")
    draw.arrow((x["o"], gates + 0.18), (x["o"], level), (out - R, level))
    start = out + R
    if config.proj_size:
        draw.box((8.85, level), (0.9, 0.4), "· $W_{hr}^{\\,T}$", fontsize=9)
        draw.arrow((start, level), (8.4, level))
        start = 9.3
    draw.arrow((start, level), (right - 0.25, level))
    _value(draw, call, (right, level), "$h_t$", config.output_size)


def _gru(draw: Drawing, call: Call) -> None:
    config, top, signs, gates = call.config, 3.4, 1.35, 1.95
    H, p, q = config.hidden_size, 0.4, 0.9
    r, z, n, n_q = 3.3, 4.5, 6.9, 6.1
    _value(draw, call, (0.4, p), "$x_t$", config.input_size)
    _product(draw, call, (1.85, p), "ih")
    _product(draw, call, (1.85, q), "hh")
    draw.arrow((0.7, p), (1.15, p))
    _value(draw, call, (0.4, top), "$h_{t-1}$", H)
    draw.dot((0.98, top))
    draw.arrow((0.98, top), (0.98, q), (1.15, q))
    draw.line((2.55, p), (n, p))
    draw.line((2.55, q), (n_q, q))
    for gate, x in (("r", r), ("z", z)):
        for line, off in ((p, -0.07), (q, 0.07)):
            draw.dot((x + off, line))
            draw.arrow((x + off, line), (x + off, signs - 0.12))
        draw.sign((x, signs), "+")
        draw.arrow((x, signs + R), (x, gates - 0.18))
        _gate(draw, call, x, gates, gate, "σ")
    draw.arrow((n_q, q), (n_q, signs - R))
    draw.sign((n_q, signs), "⊙")
    draw.arrow((r, gates + 0.18), (r, 2.5), (5.6, 2.5), (5.6, signs), (n_q - R, signs))
    draw.arrow((n_q + R, signs), (n - R, signs))
    draw.arrow((n, p), (n, signs - R))
    draw.sign((n, signs), "+")
    draw.arrow((n, signs + R), (n, gates - 0.18))
    _gate(draw, call, n, gates, "n", "tanh")
    across = 2.85
    draw.arrow((z, gates + 0.18), (z, top - R))
    draw.dot((z, across))
    draw.arrow((z, across), (5.3, across))
    draw.box((5.65, across), (0.7, 0.32), "1 − z", fontsize=9)
    draw.arrow((6.0, across), (n - R, across))
    draw.sign((n, across), "⊙")
    draw.arrow((n, gates + 0.18), (n, across - R))
    draw.arrow((n, across + R), (n, top - R))
    draw.arrow((0.72, top), (z - R, top))
    draw.sign((z, top), "⊙")
    draw.arrow((z + R, top), (n - R, top))
    draw.sign((n, top), "+")
    draw.arrow((n + R, top), (8.05, top))
    _value(draw, call, (8.3, top), "$h_t$", H)
