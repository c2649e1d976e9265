"""`rnn-manual prove`: its exit code says whether formulas were compared, and how they are."""

import json
import re
import shlex
from itertools import combinations
from pathlib import Path

import pytest

from rnn_manual.candidates.process import dispatch
from rnn_manual.cases.features import CHAOTIC, features_of
from rnn_manual.cli import main
from rnn_manual.cli.console import console, tell
from rnn_manual.cli.prove import closing
from rnn_manual.cli.prove.selection import chosen, in_dtypes
from rnn_manual.cli.verify.tables import formulas_table
from rnn_manual.judge.prove import Proof
from rnn_manual.parity import select
from rnn_manual.proof.formula import Formula
from rnn_manual.usage import DTYPES
from tests.meta.proof.small import small

IMPORTS = """
import os
import torch
from rnn_manual.parity import Unsupported
"""
LAYER = """
def NAME(module):
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
FEW = ["-k", "[rnn-f32] or [rnn-relu-f32] or [rnn-batchfirst-f32] or [rnn-h0omitted-f32]"]
TANH = "(torch.tanh if module.nonlinearity == 'tanh' else torch.relu)"


LAYERS = {  # what is computed at a step, at the end; the exit code, and what the last line says
    "right": (TANH, "", 0, "computes the loops' formulas"),
    "another": ("torch.sigmoid", "", 1, "computes other formulas than the loops"),
    "overwritten": (TANH, "hx.detach().zero_()", 1, "fails on "),
    "unknown": ("torch.erf", "", 2, "is not known as formulas on any case"),
    "fails": (TANH, "1 / (len(x) - 7)", 1, "fails on "),
    "cast": (f"{TANH}(h.bfloat16().to(h.dtype)) * 0 + {TANH}", "", 0, "for what is told above"),
    "late": (f"(lambda a: {TANH}(a) * (1 + (len(out) == 60)))", "", 0, "the loops' formulas"),
    "bounded": (f"(lambda a: {TANH}(a.clamp(-100, 100)))", "", 0, "with the same numbers, on "),
}


def written(name, activation, at_the_end):
    """A layer's build function."""
    text = LAYER.replace("NAME", name).replace("ACTIVATION", activation)
    return text.replace("AT_THE_END", at_the_end)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where layers.py has them all: candidates of one module share a process, which loads torch."""
    folder = tmp_path_factory.mktemp("prove")
    texts = [written(name, *layer[:2]) for name, layer in LAYERS.items()]
    (folder / "layers.py").write_text(IMPORTS + "".join(texts))
    return folder


@pytest.mark.parametrize("name", LAYERS)
def test_the_exit_code_says_what_was_compared(folder, capsys, monkeypatch, name):
    """0 only where formulas were compared and are the loops', and nothing else was done."""
    monkeypatch.chdir(folder)
    *_, code, says = LAYERS[name]
    assert main(["prove", "--candidate", f"layers.py:{name}", "--kind", "rnn", *FEW]) == code
    assert says in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("name", LAYERS)
def test_strict_exits_with_0_only_where_all_is_proved(folder, capsys, monkeypatch, name):
    """Not where a proof has a condition, or numbers alone are the same."""
    monkeypatch.chdir(folder)
    given = ["--candidate", f"layers.py:{name}", "--kind", "rnn", "--strict", "-k", "[rnn-f32]"]
    code = LAYERS[name][2] or (name in ("cast", "bounded"))
    assert main(["prove", *given]) == code
    asks = "; --strict asks that all of it be proved"
    assert capsys.readouterr().out.rstrip().endswith(asks) == (name in ("cast", "bounded"))


SIZES = ["-T", "62", "-B", "2", "--input-size", "5", "--hidden-size", "30"]


def test_sizes_that_are_asked_for_are_proved_whole(folder, capsys, monkeypatch):
    """What is wrong at the 61st step alone is found there, and the case can be asked for again."""
    monkeypatch.chdir(folder)
    given = ["prove", "--kind", "rnn", *SIZES, "-k", "[rnn-T62-B2-I5-H30-f32]"]
    assert main([*given, "--candidate", "layers.py:right"]) == 0
    assert "sizes     at most T 62, B 2, I 5, H 30, num_layers 1" in capsys.readouterr().out
    assert main([*given, "--candidate", "layers.py:late"]) == 1
    shown = capsys.readouterr().out
    (asked, *_) = re.findall("^again +rnn-manual (.*)$", shown, re.MULTILINE)
    assert " ".join(SIZES) in asked
    assert main(shlex.split(asked)) == 1
    assert "is another formula than h' of step 60\n" in capsys.readouterr().out


def test_of_a_large_case_the_sizes_of_what_was_proved_are_told(capsys, tmp_path):
    """And not the case's own: unless sizes are asked for, a part of it is proved."""
    given = ["-k", "[notes-C2-rnn-2layer-T128-B28-I12-H64-f32]", "--json", f"{tmp_path}/r.json"]
    assert main(["prove", *given]) == 0
    assert "sizes     at most T 97, B 4, I 12, H 64, " in capsys.readouterr().out
    (case,) = json.loads((tmp_path / "r.json").read_text())["cases"]
    assert case["sizes"] == {"T": 97, "B": 4, "I": 12, "H": 64, "num_layers": 2}


def test_sizes_in_which_there_is_no_such_case_are_told(folder, capsys, monkeypatch):
    """One sequence is packed in no order, and one unit has no projection."""
    monkeypatch.chdir(folder)
    given = ["-B", "1", "-T", "1", "-k", "[rnn-T1-B1-f32]", "--kind", "rnn"]
    assert main(["prove", "--candidate", "layers.py:right", *given]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^left out +\d+ × there is no such case in these sizes$", shown, re.MULTILINE)


def test_sizes_beyond_what_memory_holds_are_refused(capsys):
    """Before anything is run."""
    assert main(["prove", "--kind", "gru", "-T", "100000", "--hidden-size", "512"]) == 2
    said = "rnn-manual: all cases have more than 10,000,000 values of gates and weights: "
    assert capsys.readouterr().err.startswith(said)
    given = ["prove", "--kind", "rnn", "--hidden-size", "1500", "-T", "1", "-B", "1"]
    assert main([*given, "--json", "nowhere/r.json"]) == 2  # before anything is run


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_format_that_is_asked_for_leaves_no_option_out(dtype):
    """Formulas know nothing of formats: in each, all are looked at that are in any."""
    cases = [case for case in select("standard") if case.batch_size]
    every = {(case.kind, name) for case in cases for name in features_of(case)}
    taken = chosen(in_dtypes(cases, [dtype]))
    assert {case.dtype for case in taken} == {dtype}
    left = every - {(case.kind, name) for case in taken for name in features_of(case)}
    values = {"NaN", "infinities", "small", "large"} if dtype.endswith("16") else set()
    assert {name for _, name in left} == {*DTYPES} - {dtype} | values


PACKED_ONLY = """
import torch
from rnn_manual.parity import Unsupported

def build(module):
    def call(x, hx=None):
        if isinstance(x, torch.Tensor):
            raise Unsupported("all but packed input")
        return module(x, hx)
    return call
"""


def test_of_what_is_declined_others_stand_in_the_place(tmp_path, capsys, monkeypatch):
    """A layer that takes packed input alone is asked any two of its options there."""
    (tmp_path / "packed_only.py").write_text(PACKED_ONLY)
    monkeypatch.chdir(tmp_path)
    arguments = ["--candidate", "packed_only.py:build", "--kind", "rnn", "--dtype", "float64"]
    assert main(["prove", *arguments, "--json", "r.json"]) == 0
    cases = [set(case["features"]) for case in json.loads(Path("r.json").read_text())["cases"]]
    for two in combinations(("bidirectional", "no bias", "state omitted", "packed"), 2):
        assert any(features.issuperset(two) for features in cases), two
    assert "× all but packed input" in capsys.readouterr().out


def test_what_no_layer_may_do_is_shown_on_a_case(folder, capsys, monkeypatch):
    """With the plainest case that it was done on, as another formula is."""
    monkeypatch.chdir(folder)
    assert main(["prove", "--candidate", "layers.py:overwritten", "--kind", "rnn"]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"^\d+ × changed its h_0 in place.*; the plainest:", shown, re.MULTILINE)
    assert re.search(r"^it        changed its h_0 .*\ncase      RNN\(", shown, re.MULTILINE)


def test_the_case_that_is_shown_can_be_asked_for_again(folder, capsys, monkeypatch):
    """By the command that stands below it; what matches no case is refused."""
    monkeypatch.chdir(folder)
    assert main(["prove", "--candidate", "layers.py:another", "--kind", "rnn", *FEW]) == 1
    (asked, *_) = re.findall("^again +rnn-manual (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert main(shlex.split(asked)) == 1
    assert "formulas  1 other\n" in capsys.readouterr().out
    given = ["prove", "--candidate", "layers.py:another", "--kind", "rnn", "--dtype", "float64"]
    assert main([*given, "--limit", "60", "-k", "rnn-batchfirst"]) == 1
    shown = capsys.readouterr().out
    (asked, *_) = re.findall("^again +rnn-manual (.* --limit 60 .*)$", shown, re.MULTILINE)
    assert main(shlex.split(asked)) == 1
    assert "formulas  1 other\n" in capsys.readouterr().out
    assert not re.search("^  float32", shown, re.MULTILINE)
    assert main(["prove", "-k", "no_such_case", "--dtype", "float64"]) == 2
    said = capsys.readouterr().err
    assert "matches none of the cases, as rnn-f64" in said


def test_what_ends_its_process_is_one_fault(tmp_path, capsys, monkeypatch):
    """After a few ends the rest is not run, and is not said to have done anything."""
    monkeypatch.setattr(dispatch, "_ended", [])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ends.py").write_text(IMPORTS + written("ends", TANH, "os._exit(3)"))
    assert main(["prove", "--candidate", "ends.py:ends", "--kind", "rnn"]) == 1
    shown = capsys.readouterr().out
    assert "ended its process with exit code 3" in shown
    assert re.search(r"^open +\d+ × not run: the 3 runs before it ended", shown, re.MULTILINE)
    assert re.search(r"fails on 1 of \d+ cases$", shown, re.MULTILINE)


def test_what_differs_in_its_numbers_alone_is_of_one_kind(capsys):
    """As a size in what is raised; of formulas, it is told how many give other numbers."""
    case = small("rnn")
    raised = [Formula("open", violation=f"raised ValueError: size {k}") for k in (3, 5)]
    held = [Formula("other", differs=differs, held=True) for differs in ((), ("out",), ("out",))]
    closing.show(console(), "c", [], [Proof(case, "c", f) for f in raised + held])
    shown = capsys.readouterr().out
    assert "2 × raised ValueError: size 3; the plainest:" in shown
    assert "3 × another formula, 2 of them with other numbers; the plainest:" in shown
    closing.show(console(), "c", [], [Proof(case, "c", f) for f in raised])
    assert "of them" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kinds", "said"), [(6, "… and 1 more kind\n"), (7, "… and 2 more kinds\n")]
)
def test_of_many_kinds_a_few_are_shown(capsys, kinds, said):
    """And how many more there are."""
    shown = [Formula("open", violation="x" * k) for k in range(1, kinds + 1)]
    closing.show(console(), "c", [], [Proof(small("rnn"), "c", f) for f in shown])
    assert said in capsys.readouterr().out


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
