"""A call as a picture in a file: the unrolled network above, its cell's data flow below."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnn_manual.explain.call import Call, module_for, numbers_for, run_loops
from rnn_manual.explain.pictures.cell import cell_size, draw_cell
from rnn_manual.explain.pictures.drawing import Drawing
from rnn_manual.explain.pictures.theme import THEMES, TITLE_SIZE, title_width
from rnn_manual.explain.pictures.unrolled import draw_unrolled, size_of
from rnn_manual.explain.states import bands
from rnn_manual.usage import Refused

FORMATS = (".svg", ".png", ".pdf")
MISSING = "pictures are drawn by matplotlib: pip install 'rnn-manual[pictures]'"
MARGIN, TITLE = 0.25, 0.6


def check_drawable(name: str) -> None:
    """Raises Refused unless a picture can be drawn, and its file's name says in which format."""
    if Path(name).suffix not in FORMATS:
        raise Refused(f"--save takes a name in {', '.join(FORMATS)}, got {name!r}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise Refused(MISSING) from error


def picture(call: Call, theme: str = "light", seed: int = 0) -> Any:
    """The matplotlib figure. Of a packed batch, the longest sequence stands for all."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    paint = THEMES[theme]
    one = Call(call.config, (call.T,), "unbatched") if call.packed else call
    ran = run_loops(one, numbers_for(one, module_for(one, seed), seed))
    sizes = [size_of(call), cell_size(call)]
    height = sum(h for _, h in sizes) + 2 * TITLE + 2 * MARGIN
    longest = f": the longest of lengths {_listed(call.lengths)}" if call.packed else ""
    titles = (f"{call.config}, T = {call.T}{longest}", f"one {call.config.kind.upper()} cell")
    width = max(*(w for w, _ in sizes), title_width(titles[0])) + 2 * MARGIN
    with mpl.rc_context({"font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans"}):
        figure = Figure(figsize=(width, height), facecolor=paint.paper)
        top = height - MARGIN
        for (w, h), title in zip(sizes, titles, strict=True):
            top -= TITLE
            figure.text(
                MARGIN / width, (top + TITLE * 0.55) / height, title,
                color=paint.ink, fontsize=TITLE_SIZE, fontweight="bold", va="center",
            )  # fmt: skip
            left = (width - w) / 2
            rectangle = (left / width, (top - h) / height, w / width, h / height)
            axes = figure.add_axes(rectangle, xlim=(0, w), ylim=(0, h))
            axes.set_axis_off()
            draw = Drawing(axes, paint)
            if axes is figure.axes[0]:
                draw_unrolled(draw, one, bands(one, ran))
            else:
                draw_cell(draw, call)
            top -= h
    return figure


def _listed(lengths: tuple[int, ...]) -> str:
    return ", ".join(map(str, lengths[:6])) + ", …" * (len(lengths) > 6)


def save(name: str, draw: Callable[[], Any]) -> None:
    """Draws it into a file: the same file, byte for byte, for the same picture."""
    import matplotlib as mpl

    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": None}
    with mpl.rc_context({"svg.hashsalt": "rnn-manual"}):
        figure = draw()
        paper = figure.get_facecolor()
        figure.savefig(name, facecolor=paper, dpi=150, metadata=metadata[Path(name).suffix])
