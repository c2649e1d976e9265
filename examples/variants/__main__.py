"""`python -m examples.variants`: the table of docs/variants.md, each line of it proved anew."""

import re

from examples.variants import (
    cho_2014,
    cudnn_weights,
    d2l_scratch,
    flax_cells,
    gers_2000,
    gers_2002,
    hochreiter_1997,
    keras_layers,
    onnx_operators,
    opacus_like,
    tensorflow_1,
)
from examples.variants.layer import Variant
from rnn_manual import Config
from rnn_manual.parity import Case, prove

VARIANTS = (
    hochreiter_1997.FIRST,
    gers_2000.FORGETS,
    gers_2002.PEEPS,
    gers_2002.SHUT,
    d2l_scratch.LSTM,
    tensorflow_1.BASIC,
    keras_layers.LSTM,
    flax_cells.LSTM,
    onnx_operators.LSTM,
    cudnn_weights.LSTM,
    opacus_like.LSTM,
    cho_2014.V1,
    cho_2014.V3,
    d2l_scratch.GRU,
    keras_layers.AFTER,
    keras_layers.BEFORE,
    flax_cells.GRU,
    onnx_operators.LINEAR_FIRST,
    onnx_operators.RESET_FIRST,
    cudnn_weights.GRU,
    opacus_like.GRU,
)
HEAD = ("variant", "its weights", "`prove` says", "its weights become PyTorch's")


def case_of(variant: Variant) -> Case:
    config = Config(variant.kind, 3, 2, bias=variant.bias)
    return Case(config, seq_len=2, batch_size=2)


def said_of(variant: Variant) -> str:
    """What `prove` says of it with nn's weights, converted to its own."""
    formula = prove(variant.build, case_of(variant)).formula
    if formula.verdict == "proved":
        return "the same formula"
    if formula.instead and "another formula than" not in formula.instead:
        return re.sub(r" of layer .* \(the first it processes\)", "", formula.instead)
    return f"{formula.where.quantity} is never computed"


def becomes(variant: Variant) -> str:
    """In words; and whether nn's weights, converted to its own and back, are the same to nn."""
    if variant.to_torch is None:
        return variant.becomes
    verdict = prove(variant.back, case_of(variant)).formula.verdict
    return f"{variant.becomes} ({verdict})"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def row_of(variant: Variant) -> str:
    return row(variant.name, variant.weights, said_of(variant), becomes(variant))


def main() -> None:
    print(row(*HEAD))
    print(row(*["---"] * len(HEAD)))
    for variant in VARIANTS:
        print(row_of(variant))


if __name__ == "__main__":
    main()
