"""`rnn-manual prove`: its exit code says whether formulas were compared, and how they are."""

import re
import shlex

import pytest

from rnn_manual.candidates.process import dispatch
from rnn_manual.cases.features import CHAOTIC
from rnn_manual.cli import main
from rnn_manual.cli.console import console, tell
from rnn_manual.cli.verify.tables import formulas_table

LAYER = """
import torch
from rnn_manual.parity import Unsupported

def build(module):
    if module.num_layers > 1 or module.bidirectional or not module.bias or module.dropout:
        raise Unsupported("more than one plain layer")
    W, U, b, d = module.parameters()

    def call(x, hx=None):
        if not isinstance(x, torch.Tensor) or x.dim() < 3 or hx is None or x.dtype.itemsize < 4:
            raise Unsupported("all but a batch with a state")
        steps, h, out = x.transpose(0, 1) if module.batch_first else x, hx[0], []
        for step in steps:
            h = ACTIVATION(step @ W.T + b + h @ U.T + d)
            out.append(h)
        AT_THE_END
        return torch.stack(out, 1 if module.batch_first else 0), h[None].clone()

    return call
"""
TANH = "(torch.tanh if module.nonlinearity == 'tanh' else torch.relu)"


@pytest.mark.parametrize(
    ("name", "activation", "at_the_end", "code", "says"),
    [
        ("right", TANH, "", 0, "computes the loops' formulas"),
        ("another", "torch.sigmoid", "", 1, "computes other formulas than the loops"),
        ("overwritten", TANH, "hx.detach().zero_()", 1, "fails on "),
        ("unknown", "torch.erf", "", 2, "is not known as formulas on any case"),
        ("fails", TANH, "1 / (len(x) - 7)", 1, "fails on "),
        ("cast", f"{TANH}(h.bfloat16().to(h.dtype)) * 0 + {TANH}", "", 0, "for what is told above"),
        ("bounded", f"(lambda a: {TANH}(a.clamp(-100, 100)))", "", 0, "with the same numbers, on "),
    ],
)
def test_the_exit_code_says_what_was_compared(
    tmp_path, capsys, monkeypatch, name, activation, at_the_end, code, says
):
    """0 only where formulas were compared and are the loops', and nothing else was done."""
    monkeypatch.chdir(tmp_path)
    text = LAYER.replace("ACTIVATION", activation).replace("AT_THE_END", at_the_end)
    (tmp_path / f"{name}.py").write_text(text)
    assert main(["prove", "--candidate", f"{name}.py:build", "--kind", "rnn"]) == code
    assert says in capsys.readouterr().out.splitlines()[-1]


def test_what_no_layer_may_do_is_shown_on_a_case(tmp_path, capsys, monkeypatch):
    """With the plainest case that it was done on, as another formula is."""
    monkeypatch.chdir(tmp_path)
    text = LAYER.replace("ACTIVATION", TANH).replace("AT_THE_END", "hx.detach().zero_()")
    (tmp_path / "overwrites.py").write_text(text)
    assert main(["prove", "--candidate", "overwrites.py:build", "--kind", "rnn"]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"^\d+ × changed its h_0 in place.*; the plainest:", shown, re.MULTILINE)
    assert re.search(r"^it        changed its h_0 .*\ncase      RNN\(", shown, re.MULTILINE)


def test_the_case_that_is_shown_can_be_asked_for_again(tmp_path, capsys, monkeypatch):
    """By the command that stands below it; what matches no case is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "again.py").write_text(
        LAYER.replace("ACTIVATION", "torch.sigmoid").replace("AT_THE_END", "")
    )
    assert main(["prove", "--candidate", "again.py:build", "--kind", "rnn"]) == 1
    (asked, *_) = re.findall("^again +rnn-manual (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert main(shlex.split(asked)) == 1
    assert "formulas  1 other\n" in capsys.readouterr().out
    given = ["prove", "--candidate", "again.py:build", "--kind", "rnn", "--dtype", "float64"]
    assert main([*given, "--limit", "60"]) == 1
    shown = capsys.readouterr().out
    assert re.search("^again .* --limit 60 -k ", shown, re.MULTILINE)
    assert not re.search("^  float32", shown, re.MULTILINE)
    assert main(["prove", "-k", "no_such_case", "--dtype", "float64"]) == 2
    said = capsys.readouterr().err
    assert "matches none of the cases, as rnn-f64" in said


def test_what_ends_its_process_is_one_fault(tmp_path, capsys, monkeypatch):
    """After a few ends the rest is not run, and is not said to have done anything."""
    monkeypatch.setattr(dispatch, "_ended", [])
    monkeypatch.chdir(tmp_path)
    text = LAYER.replace("ACTIVATION", TANH).replace("AT_THE_END", "import os; os._exit(3)")
    (tmp_path / "ends.py").write_text(text)
    assert main(["prove", "--candidate", "ends.py:build", "--kind", "rnn"]) == 1
    shown = capsys.readouterr().out
    assert "ended its process with exit code 3" in shown
    assert re.search(r"^open +\d+ × not run: the 3 runs before it ended", shown, re.MULTILINE)
    assert re.search(r"fails on 1 of \d+ cases$", shown, re.MULTILINE)


def test_the_commonest_reasons_are_told(capsys):
    """Five of them, and how many more there are."""
    tell(console(), "open", [(f"reason {k}", 9 - k) for k in range(7)])
    *told, more = capsys.readouterr().out.splitlines()
    assert told == [f"open      {9 - k} × reason {k}" for k in range(5)]
    assert more == "          … and 2 more reasons"


@pytest.mark.parametrize("mode", ["", "deepcopy"])
def test_the_first_row_of_a_kind_has_all_its_cases(mode):
    """So it adds up to what stands below the table: weights ×10 are among them, in a mode too."""
    formula = {"verdict": "proved"}
    cases = [
        {"kind": "lstm", "mode": mode, "features": features, "formula": formula}
        for features in (["stacked"], [CHAOTIC])
    ]
    kinds, counts, _ = (column._cells for column in formulas_table(cases).columns)
    assert list(zip(map(str, kinds), counts, strict=True)) == [
        ("lstm", "2"), ("  stacked", "1"), (f"  {CHAOTIC}", "1"),
    ]  # fmt: skip
