"""docs/variants.md says of each variant what is proved of it; and a wrong conversion is seen."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from examples.variants.__main__ import HEAD, VARIANTS, becomes, case_of, row, row_of, said_of
from examples.variants.layer import rows
from examples.variants.onnx_operators import LSTM as ONNX
from rnn_manual.parity import Unsupported, prove

ROOT = Path(__file__).parents[3]


def table():
    lines = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("|")]


def test_the_table_has_a_row_for_each():
    head, _, *found = table()
    assert head == row(*HEAD)
    assert len(found) == len(VARIANTS) == len({variant.name for variant in VARIANTS})


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_row_is_what_is_proved(variant):
    assert row_of(variant) in table()


@pytest.mark.parametrize(
    "variant", [v for v in VARIANTS if v.to_torch is not None], ids=lambda variant: variant.name
)
def test_weights_of_its_own_are_the_same_layer_in_torch(variant):
    """In numbers, and for weights that never were PyTorch's: each of its tensors drawn anew."""
    torch.manual_seed(0)
    module = getattr(nn, variant.kind.upper())(3, 2, bias=variant.bias, dtype=torch.float64)
    drawn = {
        name: torch.randn_like(tensor) if torch.is_tensor(tensor) else tensor
        for name, tensor in variant.from_torch(
            {name.removesuffix("_l0"): p.detach() for name, p in module.named_parameters()}
        ).items()
    }
    if "p_i" in drawn:  # the peepholes stay shut
        drawn |= {name: torch.zeros_like(drawn[name]) for name in ("p_i", "p_f", "p_o")}
    theirs = {f"{name}_l0": tensor for name, tensor in variant.to_torch(drawn).items()}
    module.load_state_dict(theirs)
    its_own = replace(variant, from_torch=lambda p: drawn)
    x = torch.randn(4, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(its_own.build(module)(x)[0], module(x)[0])


def test_a_wrong_conversion_is_seen():
    """Rows that are not put into their order, on the way there or back."""
    wrong_there = replace(ONNX, from_torch=lambda p: ONNX.from_torch(p | unordered(p)))
    assert "expected" in said_of(wrong_there)
    wrong_back = replace(ONNX, to_torch=lambda w: unordered(ONNX.to_torch(w)))
    assert becomes(wrong_back).endswith("(other)")
    assert becomes(ONNX).endswith("(proved)")


def unordered(p):
    return {name: rows(tensor, "iofg", of="ifgo") for name, tensor in p.items()}


def test_what_a_variant_does_not_have_it_declines():
    for variant in VARIANTS:
        case = case_of(variant)
        other = replace(case.config, bias=not variant.bias)
        for config in (other, replace(case.config, num_layers=2)):
            with pytest.raises(Unsupported):
                prove(variant.build, replace(case, config=config))
