"""The ways of calling a layer that `Case.call` names: what is differentiated, what else is run."""

from __future__ import annotations

from dataclasses import replace

from rnn_manual.cases.case import Case

CALLS = (
    "with gradients",
    "no_grad",
    "inference_mode",
    "weights only",
    "frozen",
    "partly frozen",
    "loss on out",
    "loss on h_n",
    "after another",
    "before another",
    "outputs changed",
    "second derivatives",
)
WITHOUT_A_GRAPH = ("no_grad", "inference_mode")


def differentiated(case: Case, leaf: str) -> bool:
    """Whether a gradient is asked for `leaf`: input, h_0, c_0 or a parameter by PyTorch's name."""
    weights = list(case.config.parameter_shapes())
    if case.call in WITHOUT_A_GRAPH:
        return False
    if case.call == "weights only":
        return leaf in weights
    if case.call == "frozen":
        return leaf not in weights
    return not (case.call == "partly frozen" and leaf in weights[::2])


def in_the_loss(case: Case, output: str) -> bool:
    """Whether the loss that is differentiated depends on `output`: out, h_n or c_n."""
    if case.call.startswith("loss on "):
        return output == case.call.removeprefix("loss on ")
    return case.call not in WITHOUT_A_GRAPH


def another(case: Case) -> Case:
    """Another call of the same layer: other numbers, more steps, more rows, and a state or none."""
    rows = 0 if case.layout == "unbatched" else 1
    return replace(
        case,
        seq_len=case.seq_len + 2,
        batch_size=case.batch_size + rows,
        state="random" if case.state == "omitted" else "omitted",
        call="with gradients",
    )
