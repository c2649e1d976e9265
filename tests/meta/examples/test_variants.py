"""docs/variants.md says of each variant what is proved of it; and a wrong conversion is seen."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from examples.variants import keras_layers, onnx_operators
from examples.variants.__main__ import HEAD, VARIANTS, becomes, case_of, row, row_of, said_of
from examples.variants.layer import parameters, rows
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
        for name, tensor in variant.from_torch(parameters(module)).items()
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


OPERATORS = {
    ONNX.name: ("LSTM", {}),
    onnx_operators.LINEAR_FIRST.name: ("GRU", {"linear_before_reset": 1}),
    onnx_operators.RESET_FIRST.name: ("GRU", {"linear_before_reset": 0}),
}


@pytest.mark.parametrize(
    "variant", [ONNX, onnx_operators.LINEAR_FIRST, onnx_operators.RESET_FIRST], ids=lambda v: v.name
)
def test_the_operators_of_onnx_are_what_onnxruntime_runs(variant):
    """The weights as the variant holds them, handed to the operator itself."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    operator, attributes = OPERATORS[variant.name]
    torch.manual_seed(0)
    module = getattr(nn, variant.kind.upper())(3, 5)
    weights = variant.from_torch(parameters(module))
    float32, make = onnx.TensorProto.FLOAT, onnx.helper
    graph = make.make_graph(
        [make.make_node(operator, ["X", *weights], ["Y"], hidden_size=5, **attributes)],
        "of_one_operator",
        [make.make_tensor_value_info("X", float32, [7, 4, 3])],
        [make.make_tensor_value_info("Y", float32, None)],
        [onnx.numpy_helper.from_array(t.detach().numpy(), name) for name, t in weights.items()],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 14)], ir_version=8)
    session = runtime.InferenceSession(model.SerializeToString())
    x = torch.randn(7, 4, 3)
    (y,) = session.run(None, {"X": x.numpy()})
    ours, theirs = variant.build(module)(x)[0], torch.as_tensor(y[:, 0])
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    is_nn = torch.allclose(module(x)[0], theirs, rtol=0, atol=1e-5)
    assert is_nn == (variant.to_torch is not None)


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        (keras_layers.LSTM, {}),
        (keras_layers.AFTER, {"reset_after": True}),
        (keras_layers.BEFORE, {"reset_after": False}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_keras_own_layers_are_these_where_it_is_installed(variant, options, monkeypatch):
    """It is no dependency: `KERAS_BACKEND=torch`, beside this environment, and it is looked at."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    module = getattr(nn, variant.kind.upper())(3, 5, batch_first=True)
    layer = getattr(keras.layers, variant.kind.upper())(5, return_sequences=True, **options)
    x, held = torch.randn(4, 7, 3), variant.from_torch(parameters(module))
    layer.build(tuple(x.shape))
    names = ("kernel", "recurrent_kernel", "bias")
    layer.set_weights([held[name].detach().numpy() for name in names])
    torch.testing.assert_close(layer(x), variant.build(module)(x)[0], rtol=0, atol=1e-5)
