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
    "out changed",
    "states changed",
    "second derivatives",
)
WITHOUT_A_GRAPH = ("no_grad", "inference_mode")
CHANGED = ("out changed", "states changed")
AFTER_ANOTHER = ("after another", *WITHOUT_A_GRAPH)


def frozen(case: Case) -> list[str]:
    """The weights that require no gradient. (Where gradients are off, all do, as is usual.)"""
    every = {"frozen": 1, "partly frozen": 2}.get(case.call)
    return list(case.config.parameter_shapes())[::every] if every else []


def differentiated(case: Case, leaf: str) -> bool:
    """Whether a gradient is asked for `leaf`: input, h_0, c_0 or a parameter by PyTorch's name."""
    if case.call in WITHOUT_A_GRAPH:
        return False
    if case.call == "weights only":
        return leaf in case.config.parameter_shapes()
    if case.call == "partly frozen" and leaf == "input":
        return False
    return leaf not in frozen(case)


def in_the_loss(case: Case, output: str) -> bool:
    """Whether the loss that is differentiated depends on `output`: out, h_n or c_n."""
    if case.call.startswith("loss on "):
        return output == case.call.removeprefix("loss on ")
    return case.call not in WITHOUT_A_GRAPH


def others(case: Case) -> list[Case]:
    """Other calls of the same layer, before or after the one that is judged.

    One with other numbers, more steps, more rows, a state where that has none (or none where it
    has one), and in training where that is in eval; and one with nothing but other numbers. Where
    gradients are off, so they are for these.
    """
    call = case.call if case.call in WITHOUT_A_GRAPH else "with gradients"
    rows = 0 if case.layout == "unbatched" else 1
    larger = replace(
        case,
        seq_len=case.seq_len + 2,
        batch_size=case.batch_size + rows,
        state="random" if case.state == "omitted" else "omitted",
        training=not case.training,
        call=call,
    )
    return [larger, replace(case, seed=case.seed + 1, call=call)]


def simply_called(case: Case, training: bool = False) -> Case:
    """The plainest call of the same network: on a padded batch, with gradients of all there is."""
    return replace(
        case,
        seq_len=2,
        batch_size=2,
        layout="batched",
        state="random",
        training=training,
        values="ordinary",
        memory="contiguous",
        call="with gradients",
    )
