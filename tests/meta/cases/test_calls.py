"""The ways of calling a layer: what each differentiates, and what else it runs."""

from dataclasses import replace

import pytest

from rnn_manual.cases.calls import CALLS, differentiated, frozen, in_the_loss, others
from rnn_manual.cases.options import case_of

CASE = case_of(equations="lstm", num_layers=2)
WEIGHTS = [
    f"{role}_l{k}" for k in "01" for role in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
]
LEAVES = ["input", "h_0", "c_0", *WEIGHTS]
FROZEN = {"frozen": WEIGHTS, "partly frozen": WEIGHTS[::2]}
WITHOUT = FROZEN | {"partly frozen": ["input", *WEIGHTS[::2]]}
LOSS = {"loss on out": ["out"], "loss on h_n": ["h_n"], "no_grad": [], "inference_mode": []}


@pytest.mark.parametrize("call", CALLS)
def test_what_a_call_differentiates(call):
    """All that goes in, but for what is frozen, where that is how it is called."""
    case = replace(CASE, call=call)
    asked = [leaf for leaf in LEAVES if differentiated(case, leaf)]
    assert frozen(case) == FROZEN.get(call, [])
    if call in ("no_grad", "inference_mode"):
        assert asked == []
    elif call == "weights only":
        assert asked == WEIGHTS
    else:
        assert asked == [leaf for leaf in LEAVES if leaf not in WITHOUT.get(call, [])]
    results = ["out", "h_n", "c_n"]
    assert [name for name in results if in_the_loss(case, name)] == LOSS.get(call, results)


@pytest.mark.parametrize("layout", ["batched", "unbatched"])
@pytest.mark.parametrize(("state", "other"), [("omitted", "random"), ("ones", "omitted")])
@pytest.mark.parametrize(("call", "its"), [("no_grad", "no_grad"), ("frozen", "with gradients")])
def test_other_calls_have_other_numbers_and_other_sizes(layout, state, other, call, its):
    """More steps, one row more if there are rows, another state; and one with another seed only."""
    case = case_of(equations="gru", layout=layout, state=state, call=call)
    larger, reseeded = others(case)
    assert reseeded == replace(case, seed=case.seed + 1, call=its)
    assert (larger.seq_len, larger.state, larger.call) == (case.seq_len + 2, other, its)
    assert larger.batch_size == case.batch_size + (layout == "batched")
    assert larger.training != case.training
    assert (larger.config, larger.seed) == (case.config, case.seed)
