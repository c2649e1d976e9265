"""A comparison as data: what the JSON report and the pages are made of."""

import json
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_manual.cases.features import features_of
from rnn_manual.config import Config
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.judge.report.environment import environment, in_words
from rnn_manual.judge.report.heat import heat
from rnn_manual.judge.report.stable_text import stable
from rnn_manual.judge.report.text import _listed as listed
from rnn_manual.parity import Case, Verdict, check
from tests.meta.judge.planted import CONFIG, wrong_at

# The names that readers of a report rely on.
ENTRY = (
    "id", "kind", "mode", "features", "sizes", "tensors", "verdict", "where", "diagnosis",
    "formula", "message", "line", "printed", "report", "heat",
)  # fmt: skip
FORMULA = (
    "verdict", "reason", "part", "conditions", "notes", "fingerprint", "tensors", "chance",
    "differs", "held", "steady", "violation", "line", "where", "instead",
)  # fmt: skip
BOTH = Case(Config("lstm", 3, 4, num_layers=2, bidirectional=True, proj_size=2), 3, 2)


def with_states(change):
    """nn, with something done to the states that it returns."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            return out, change(*state)

        return call

    return build


def test_what_cannot_be_run_is_unsupported():
    """As is known before it is run: a class of another kind."""
    found = check(torch.nn.LSTM, Case(Config("gru", 3, 4)))
    assert found.verdict == Verdict.UNSUPPORTED
    assert found.message


def test_an_entry_says_what_is_compared():
    """Each tensor's verdict and numbers, the place, the formula; and it is JSON."""
    entry = case_json(check(wrong_at(1, 1, 6), Case(CONFIG)))
    assert tuple(entry) == ENTRY
    assert tuple(entry["formula"]) == FORMULA
    assert entry["features"] == features_of(Case(CONFIG))
    assert json.loads(json.dumps(entry)) == entry
    assert entry["id"] == "lstm-2layer-bi-f32"
    assert (entry["kind"], entry["mode"], entry["verdict"]) == ("lstm", "", "differs")
    out = entry["tensors"]["out"]
    assert out["verdict"] == "differs"
    assert out["error"] > out["allowed"] > 0
    assert "reason" not in out
    where = entry["where"]
    assert where["tensor"] == "out"
    assert (where["layer"], where["direction"], where["step"]) == (1, "backward", 6)
    formula = entry["formula"]
    assert formula["verdict"] == "other"
    assert formula["tensors"]["out"] == "other"
    assert set(formula["differs"]) >= {"out", "h_n"}
    assert (formula["where"]["layer"], formula["where"]["direction"]) == (1, "backward")
    assert entry["report"].startswith("candidate ")
    assert entry["heat"] is not None


def test_what_agrees_has_no_report():
    """Neither a text, nor the errors place by place, nor a place."""
    entry = case_json(check(lambda module: module, Case(CONFIG)))
    assert entry["verdict"] in ("identical", "within")
    nothing = ("report", "heat", "where", "diagnosis", "message", "line", "printed")
    assert {name: entry[name] for name in nothing} == dict.fromkeys(nothing)
    assert entry["formula"]["fingerprint"]
    assert entry["formula"]["differs"] == []


def test_what_has_no_gradient_says_why():
    """As a tensor's reason."""

    def build(module):
        return torch.no_grad()(lambda x, hx=None: module(x, hx))

    tensors = case_json(check(build, Case(CONFIG)))["tensors"]
    assert "reason" not in tensors["out"]
    assert tensors["grad input"]["verdict"] == "unsupported"
    assert tensors["grad input"]["reason"] == "no gradient at all"


def test_an_error_beyond_all_measure_is_null():
    """JSON has neither NaN nor infinity."""
    found = check(with_states(lambda h, c: (h / 0, c)), Case(Config("lstm", 3, 4), 3, 2))
    entry = case_json(found)
    assert not math.isfinite(found.tensors["h_n"].error)
    assert entry["tensors"]["h_n"]["error"] is None
    assert None in entry["heat"][0]["h_n"][0]
    json.dumps(entry, allow_nan=False)


@pytest.mark.parametrize("tensor", ["h_n", "c_n"])
@pytest.mark.parametrize("row", range(4))
def test_heat_is_where_the_error_is(tensor, row):
    """Layer, direction and unit of a wrong state; of c_n as many units as H, of h_n as P."""

    def change(h, c):
        state = (h if tensor == "h_n" else c).clone()
        state[row, 1, 1] += 1
        return (state, c) if tensor == "h_n" else (h, state)

    found = heat(BOTH, check(with_states(change), BOTH, formulas=False).tensors)
    assert [(one["layer"], one["direction"], one["steps"]) for one in found] == [
        (layer, direction, 3) for layer in (0, 1) for direction in ("forward", "backward")
    ]
    for k, one in enumerate(found):
        ((*units,),) = one[tensor]
        assert len(units) == (2 if tensor == "h_n" else 4)
        assert [unit > 1 for unit in units] == [k == row and u == 1 for u in range(len(units))]
    assert [("out" in one) for one in found] == [False, False, True, True]


def test_heat_of_out_tells_the_steps_and_the_direction():
    """Of the last layer; of a long sequence neighbours share a cell, and the worst is kept."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            off = torch.zeros_like(out)
            off[70, 0, 3] = 1
            return out + off, state

        return call

    case = Case(Config("rnn", 3, 2, bidirectional=True), 100, 2)
    forward, backward = heat(case, check(build, case, formulas=False).tensors)
    assert (forward["steps"], len(forward["out"]), len(backward["out"])) == (100, 48, 48)
    assert not (np.array(forward["out"]) > 1).any()
    (cell,) = np.argwhere(np.array(backward["out"]) > 1).tolist()
    assert cell == [33, 1]  # 100 steps in 48 groups, the first four of them of three: 70 is in 33


def test_messages_are_the_same_from_run_to_run():
    """Without addresses, numbers of processes, temporary files; and what no file can hold."""
    path = Path(tempfile.gettempdir()) / "x1" / "mine.py"
    said = stable(f"at 0x7fA9 of process 4711, pid=12: {path}")
    assert said == "at 0x… of process …, pid=…: a temporary file"
    assert stable("half \ud800 a pair") == "half ? a pair"


def test_the_environment_in_a_line():
    """What the numbers may depend on."""
    found = environment()
    assert found["torch"] == str(torch.__version__)
    assert {"numpy", "python", "machine", "system", "mkl"} <= found.keys()
    if hasattr(torch.backends, "cpu"):
        assert found["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    about = {"torch": "2.0", "threads": 2, "onednn": False, "machine": "x86_64", "device": "cpu"}
    assert in_words(about) == "torch 2.0, 2 threads, oneDNN off, x86_64"
    on_cuda = about | {"onednn": True, "threads": 1, "device": "cuda", "gpu": "a GPU"}
    assert in_words(on_cuda) == "torch 2.0, 1 thread, oneDNN on, x86_64, a GPU"


def test_an_open_formula_says_why():
    """In the entry's formula, which has no fingerprint then."""
    formula = case_json(check("compile", Case(Config("rnn", 3, 2), 2, 2)))["formula"]
    assert formula["verdict"] == "open"
    assert formula["reason"].startswith("generated kernels")
    assert formula["fingerprint"] is None


@pytest.mark.parametrize(
    ("names", "said"), [("a b c d", "a, b, c, d"), ("a b c d e f", "a, b, c, d and 2 more")]
)
def test_four_names_are_listed(names, said):
    """And how many more there are."""
    assert listed(names.split()) == said
