"""Pictures: every cell that the map names is painted, legibly, and the file is a whole one."""

import builtins

import matplotlib.colors
import numpy as np
import pytest

from rnn_manual.cli import main
from rnn_manual.config import Config
from rnn_manual.explain.call import Call
from rnn_manual.explain.palette import COLOURS, ink_on
from rnn_manual.explain.pictures import save as saving
from rnn_manual.explain.pictures.over_time import over_time
from rnn_manual.explain.pictures.theme import THEMES
from rnn_manual.explain.quantities import Key
from rnn_manual.explain.trace import trace

CALLS = {
    "smallest": Call(Config("gru", 1, 1), (1,), "unbatched"),
    "largest": Call(Config("lstm", 3, 5, num_layers=4, bidirectional=True), (8,) * 4),
    "long": Call(Config("lstm", 3, 5, proj_size=2, num_layers=2, batch_first=True), (30,) * 4),
    "every option": Call(
        Config("lstm", 30, 50, 2, "tanh", False, True, 0.5, True, 25), (10,) * 3, "packed"
    ),
    "packed": Call(Config("rnn", 3, 5, bidirectional=True, bias=False), (3, 5, 2), "packed"),
}


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_word_is_outside_or_on_another(call):
    """Legible at every size: texts lie within the picture, and none covers another."""
    assert_legible(saving.picture(call))
    assert_legible(over_time(call, trace(call).columns[0].forward))


def assert_legible(figure):
    figure.canvas.draw()
    whole, texts = figure.bbox, [text for axes in figure.axes for text in axes.texts]
    shown = [text for text in (*figure.texts, *texts) if text.get_text()]
    left, low, right, high = np.array([text.get_window_extent().extents for text in shown]).T
    inside = (whole.x0 <= left) & (right <= whole.x1) & (whole.y0 <= low) & (high <= whole.y1)
    assert [shown[k] for k in np.flatnonzero(~inside)] == []
    beside = (left[:, None] < right) & (left < right[:, None])
    across = (low[:, None] < high) & (low < high[:, None])
    both = np.argwhere(beside & across & ~np.eye(len(shown), dtype=bool))
    assert [(shown[a], shown[b]) for a, b in both] == []


def test_what_is_the_same_has_the_same_colour():
    """Each row of h_n once at the end of its lane, and once in what its layer puts out."""
    figure = saving.picture(CALLS["largest"])
    faces = [matplotlib.colors.to_hex(patch.get_facecolor()) for patch in figure.axes[0].patches]
    for colour in COLOURS:
        assert faces.count(colour.lower()) == 2
    shown = words(figure)
    for row in range(8):
        assert shown.count(f"[{row}]") == shown.count(f"h_n[{row}]") == 1


def test_the_gates_bear_the_rows_that_they_take():
    for kind, expected in (
        ("lstm", {"f": "5:10", "i": "0:5", "g": "10:15", "o": "15:20"}),
        ("gru", {"r": "0:5", "z": "5:10", "n": "10:15"}),
    ):
        shown = words(saving.picture(Call(Config(kind, 3, 5), (2, 2))))
        for gate, rows in expected.items():
            assert shown[shown.index(gate) + 1] == f"rows\n{rows}"


def contrast(a, b):
    """WCAG's ratio of two colours."""

    def light(colour):
        rgb = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] + 0.05

    to_rgb = matplotlib.colors.to_rgb
    one, other = light(a), light(b)
    return max(one, other) / min(one, other)


def test_words_are_legible_on_what_is_behind_them():
    """Contrast as WCAG AA asks of text: 4.5, and of large or bold text 3."""
    for theme in THEMES.values():
        for paper in (theme.paper, theme.cell, theme.layer):
            assert contrast(theme.ink, paper) >= 7
            assert contrast(theme.faint, paper) >= 4.5
    for colour in COLOURS:
        assert contrast(ink_on(colour), colour) >= 3.8


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_it_is_saved_the_same_each_time(tmp_path, suffix, capsys):
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for path in paths:
        assert main(["explain", "gru", "-T", "2", "--dark", "--save", str(path)]) == 0
    assert f"drawn in {paths[1]}" in capsys.readouterr().out
    a, b = (path.read_bytes() for path in paths)
    assert a == b
    assert a[:4] in (b"<?xm", b"\x89PNG", b"%PDF")


def test_bad_names_and_a_missing_library_get_one_line(tmp_path, capsys, monkeypatch):
    assert main(["explain", "gru", "--save", "picture.jpg"]) == 2
    assert "--save takes a name in .svg, .png, .pdf" in capsys.readouterr().err
    assert main(["explain", "gru", "--save", str(tmp_path / "none" / "a.svg")]) == 2
    assert "its folder does not exist" in capsys.readouterr().err
    real = builtins.__import__

    def without(name, *arguments):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["explain", "gru", "--save", str(tmp_path / "a.svg")]) == 2
    error = capsys.readouterr().err
    assert error == f"rnn-manual: {saving.MISSING}\n"


# How the three kinds of colour blindness see linear RGB. Source: Machado et al. 2009, severity 1.
SEEN = {
    "usual": np.eye(3),
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deuteranopia": [
        [0.3673, 0.8606, -0.2280],
        [0.2801, 0.6725, 0.0474],
        [-0.0118, 0.0429, 0.9689],
    ],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, seen):
    """CIELAB coordinates, in which about 2 is the least difference that is seen."""
    c = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt((XYZ @ np.clip(np.array(seen) @ linear, 1e-4, 1)) / XYZ.sum(1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_colours_are_told_apart_with_any_colour_vision(seen):
    """Every two of them."""
    colours = [lab(colour, seen) for colour in COLOURS]
    for k, colour in enumerate(colours):
        for other in colours[k + 1 :]:
            assert np.linalg.norm(colour - other) > 10


def test_gates_over_time_are_those_of_the_trace(tmp_path, capsys):
    """A map for each gate and state of each layer and direction; what is painted is its numbers."""
    call = Call(Config("lstm", 2, 3, bidirectional=True), (2, 5), "packed")
    found = trace(call).columns[0].forward
    figure = over_time(call, found)
    assert len(figure.axes) == 2 * 6
    for axes, name in zip(figure.axes[6:], ["i", "f", "g", "o", "c'", "h'"], strict=True):
        assert axes.get_title().startswith(f"{name}  (")
        painted = axes.images[0].get_array()
        assert painted.shape == (3, 5)
        for t in range(5):
            np.testing.assert_array_equal(painted[:, t], found[Key(0, 1, t, name)][0])
    path = tmp_path / "gates.svg"
    assert main(["trace", "gru", "-T", "12", "--dark", "--save", str(path)]) == 0
    assert path.read_bytes().startswith(b"<?xml")
    assert main(["trace", "gru", "--save", "gates.jpg"]) == 2
    assert "--save takes a name in" in capsys.readouterr().err
