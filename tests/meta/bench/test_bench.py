"""What is timed side by side computes the same and stands in a table; no time is asserted."""

import json

import pytest
import torch

from bench import layers
from bench.bptt import rows as bptt_rows
from bench.case import KINDS, TINY, Case
from bench.interleave import Timed, interleaved
from bench.layers import same
from bench.page import all_tables, page
from bench.subjects import SUBJECTS

MANY = {"num_layers": 3, "bidirectional": True}
CASES = [
    *(Case(kind, TINY) for kind in KINDS),
    Case("LSTM", TINY, **MANY),
    Case("GRU", TINY, **MANY, packed=True),
]


@pytest.mark.filterwarnings("ignore")  # of TorchScript, and of what is not ours
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.variation}")
def test_layers(case):
    """Every subject there is computes what nn does, and has a figure in JSON and in the table."""
    found = list(layers.rows([case], 0))
    assert {row["subject"] for row in found} == set(SUBJECTS)
    assert {"torch.nn", "loops", "drop-ins"} <= {r["subject"] for r in found if "median" in r}
    ((title, table),) = all_tables(json.loads(json.dumps(found))).items()
    assert title.startswith("layers (7, 3, 100, 4)")
    assert "| loops | " in table


def test_by_hand():
    found = list(bptt_rows([Case("GRU", TINY, dtype=torch.float64)], 0))
    assert [row["subject"] for row in found if row["way"] == "train"] == [
        "torch.nn, autograd",
        "loops, autograd",
        "loops, by hand",
        "loops in NumPy, by hand",
    ]


def test_another_layer_is_not_timed():
    """What computes something else has no place beside the others."""
    x = torch.ones(3)
    right, wrong = Timed(lambda: (x,)), Timed(lambda: (x + 0.1,))
    same({"right": right, "also": right})
    with pytest.raises(AssertionError, match=r"wrong is off by 0\.1"):
        same({"right": right, "wrong": wrong})


def test_a_ratio_is_of_the_first():
    """The first has the ratio 1; each is called in every round."""
    called = []
    subjects = {name: Timed(lambda name=name: called.append(name)) for name in "ab"}
    ratios = interleaved(subjects, 0, at_least=5)
    assert (ratios["a"].low, ratios["a"].median, ratios["a"].high) == (1, 1, 1)
    assert ratios["b"].low <= ratios["b"].median <= ratios["b"].high
    assert ratios["b"].rounds == 5
    assert set(called) == {"a", "b"}


def test_the_page_has_every_table():
    """The words name a place for each table that is measured."""
    size = {"size": [7, 3, 100, 4], "kind": "RNN", "way": "forward"}
    ratio = {"subject": "loops", "median": 1.5, "low": 1.4, "high": 1.6, "seconds": 1e-3}
    rows = [{"part": part, **size, **ratio} for part in ("layers", "bptt")]
    rows += [{"part": "suite", "table": "runs", "what": "x", "values": {"seconds": "1"}}]
    environment = {"torch": "0", "threads": 1, "onednn": True, "device": "cpu", "machine": "x"}
    text = page({"environment": environment, "rows": rows})
    for table in all_tables(rows).values():
        assert table in text
