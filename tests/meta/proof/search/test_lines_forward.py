"""At which line of a forward written operation by operation a quantity goes wrong."""

from functools import partial

import pytest
import torch

from rnn_manual.parity import prove
from tests.meta.proof.small import small


def lstm(wrong, module, x, hx):
    """An operation a line, so that the line beside the one that is wrong is another."""
    (h,), (c,) = hx
    W, U, b, d = module.parameters()
    out = []
    for x_t in x:
        p = torch.addmm(b, x_t, W.T)
        q = torch.addmm(d, c if wrong == "q" else h, U.T)
        a = p - q if wrong == "a" else p + q
        a_i, a_f, a_g, a_o = a.chunk(4, 1)
        i = torch.sigmoid(a_f if wrong == "i" else a_i)
        f = torch.sigmoid(a_f)
        g = torch.sigmoid(a_g) if wrong == "g" else torch.tanh(a_g)
        o = torch.relu(a_o) if wrong == "o" else torch.sigmoid(a_o)
        kept = f * (h if wrong == "kept" else c)
        new = i * g
        c = kept - new if wrong == "c" else kept + new
        y = torch.sigmoid(c) if wrong == "y" else torch.tanh(c)
        h = f * y if wrong == "h" else o * y
        out.append(h)
    return torch.stack(out), (h[None].clone(), c[None].clone())


def formula_of(wrong):
    return prove(lambda module: partial(lstm, wrong, module), small("lstm")).formula


def test_the_right_one_is_proved():
    """So each of the others is wrong in its one line alone."""
    assert formula_of("").verdict == "proved"


@pytest.mark.parametrize(
    ("wrong", "line", "words"),
    [
        ("a", "a = p - q if ", "a_i of layer 0, forward, step 0"),
        ("i", "i = torch.sigmoid(a_f if ", "is σ(a_f), expected σ(a_i)"),
        ("g", "g = torch.sigmoid(a_g) if ", "is σ(a_g), expected tanh(a_g)"),
        ("o", "o = torch.relu(a_o) if ", "is relu(a_o), expected σ(a_o)"),
        ("kept", "c = kept - new if ", "is i·g + f·h, expected f·c + i·g"),
        ("c", "c = kept - new if ", "is f·c - i·g, expected f·c + i·g"),
        ("y", "y = torch.sigmoid(c) if ", "is σ(c'), expected tanh(c')"),
        ("h", "h = f * y if ", "is f·tanh(c'), expected o·tanh(c')"),
    ],
)
def test_the_line_of_a_wrong_quantity_is_named(wrong, line, words):
    """That line, and neither the one before it nor the one after."""
    formula = formula_of(wrong)
    assert formula.verdict == "other"
    assert formula.where.line.partition("  ")[2].startswith(line), formula.where.line
    assert words in formula.instead
