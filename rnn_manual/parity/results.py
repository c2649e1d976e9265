"""Running a case through a candidate, forward and backward: what came out, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.config import Config
from rnn_manual.layout import rows_of, state_given
from rnn_manual.parity.candidates import NN, Candidate, Unsupported, in_one_line
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.parity.tensors import batch_axis, packed, placed, strided, to_numpy, without_tf32


class Malformed(Exception):
    """The candidate returned something that is not (out, state)."""


@dataclass(frozen=True)
class Result:
    """What a run gave, by name: out, h_n, c_n, and `grad NAME` for input, states, parameters.

    missing: name → why a gradient is not there (the candidate computes none).
    declined: whether torch says that it does not support the way back.
    broken: what the candidate raised on the way back, if it did.
    """

    tensors: dict[str, Floats]
    missing: dict[str, str] = field(default_factory=dict)
    broken: str = ""
    declined: bool = False


def run_candidate(
    candidate: Candidate,
    case: Case,
    *,
    data: Data | None = None,
    dtype: str | None = None,
    device: str = "cpu",
    gradients: bool = True,
) -> Result:
    """Runs the candidate forward and backward.

    Args:
        data: other numbers than the case's own. dtype: another precision than the case's own.
        gradients: whether to run it backward.

    Raises: Malformed, Unsupported, and whatever the candidate raises.
    """
    try:
        numbers, precision = data or case.data(), dtype or case.dtype
        with without_tf32():
            return _run(candidate, case, numbers, precision, device, gradients)
    except Exception as error:
        if _declined(candidate, error):
            raise Unsupported(in_one_line(error)) from error
        raise


def _declined(candidate: Candidate, error: Exception) -> bool:
    """Whether it is torch's word that it does not support the candidate's mode."""
    if candidate.mode is None or isinstance(error, (Malformed, Unsupported)):
        return False
    from rnn_manual.parity.modes import declines

    # Of anybody's own layer no words count, only types: they may be the layer's.
    return declines(error, in_words=candidate.subject is NN.subject)


def _run(
    candidate: Candidate, case: Case, data: Data, dtype: str, device: str, backward: bool
) -> Result:
    to: torch.dtype = getattr(torch, dtype)

    def leaf(array: Any, of_input: bool) -> torch.Tensor:
        tensor = torch.tensor(array, dtype=to, device=device)
        return placed(case, tensor, batch_axis(case, of_input)).detach().requires_grad_()

    place = strided if case.memory == "strided" else None
    module, call = candidate.make(
        case.config, data.parameters, to, device, training=case.training, place=place
    )
    leaves = {"input": leaf(rows_of(data.input), True)}
    states = [leaf(state, False) for state in data.state or ()]
    leaves |= {f"{name}_0": state for name, state in zip(case.config.states, states)}  # noqa: B905
    given = {name: _content(tensor) for name, tensor in leaves.items()}
    input = packed(data.input, leaves["input"])
    hx = state_given(case.config, states) if states else None

    with torch.random.fork_rng(devices=[], enabled=case.drops):
        torch.manual_seed(case.seed)
        outputs = read_outputs(case.config, call(input, hx), input)
    for name, tensor in leaves.items():
        if _content(tensor) != given[name]:
            raise Malformed(f"changed its {name} in place, expected to leave it to the caller")
    tensors = {name: to_numpy(tensor) for name, tensor in outputs.items()}
    if not backward:
        return Result(tensors)
    parameters: dict[str, torch.Tensor] = dict(module.named_parameters())
    try:
        gradients, missing = _gradients(outputs, leaves, parameters, data.cotangents)
    except Exception as error:  # what went right forward is still worth comparing
        said = in_one_line(error)
        if _declined(candidate, error):
            missing = {f"grad {name}": said for name in leaves | parameters}
            return Result(tensors, missing, declined=True)
        return Result(tensors, broken=said)
    return Result(tensors | gradients, missing)


def _content(tensor: torch.Tensor) -> tuple[int, bytes]:
    """What changes when a tensor is written to: autograd's count of that, and the numbers."""
    return tensor._version, to_numpy(tensor).tobytes()


def read_outputs(config: Config, returned: Any, given: Any) -> dict[str, torch.Tensor]:
    """What a candidate returned for the input `given`, by name.

    Raises: Malformed: it is something else.
    """
    names = [f"{name}_n" for name in config.states]
    form = f"(out, {'(h_n, c_n)' if len(names) == 2 else 'h_n'})"
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        raise Malformed(f"returned {_describe(returned)}, expected {form}")
    out, state = returned
    if isinstance(given, PackedSequence):
        if not isinstance(out, PackedSequence):
            raise Malformed(f"out is {_describe(out)}, expected a PackedSequence like the input")
        for part in ("batch_sizes", "sorted_indices", "unsorted_indices"):
            ours, theirs = getattr(given, part), getattr(out, part)
            same = ours is theirs if ours is None or theirs is None else torch.equal(ours, theirs)
            if not same:
                raise Malformed(f"out.{part} is {theirs}, expected the input's {ours}")
        out, given = out.data, given.data
    states = state if len(names) == 2 else (state,)
    if not isinstance(states, (tuple, list)) or len(states) != len(names):
        raise Malformed(f"state is {_describe(state)}, expected {form}")
    outputs = dict(zip(["out", *names], [out, *states], strict=True))
    for name, tensor in outputs.items():
        if not isinstance(tensor, torch.Tensor):
            raise Malformed(f"{name} is {_describe(tensor)}, expected a tensor")
        if tensor.dtype != given.dtype:
            raise Malformed(f"{name} has dtype {tensor.dtype}, expected {given.dtype}")
    return outputs


def _gradients(
    outputs: dict[str, torch.Tensor],
    given: dict[str, torch.Tensor],
    parameters: dict[str, torch.Tensor],
    cotangents: tuple[Any, ...],
) -> tuple[dict[str, Floats], dict[str, str]]:
    """Gradients for input, states and parameters, and why those that are missing are."""
    live = [
        (tensor, torch.tensor(cotangent, dtype=tensor.dtype, device=tensor.device))
        for tensor, cotangent in zip(outputs.values(), cotangents, strict=True)
        if tensor.requires_grad and tensor.shape == cotangent.shape
    ]
    leaves = given | parameters
    if not live:
        why = "nothing that was returned carries a gradient"
        return {}, {f"grad {name}": why for name in leaves}
    missing = {name: "is frozen" for name, leaf in leaves.items() if not leaf.requires_grad}
    asked = {name: leaf for name, leaf in leaves.items() if name not in missing}
    got = torch.autograd.grad(
        [tensor for tensor, _ in live],
        list(asked.values()),
        [cotangent for _, cotangent in live],
        allow_unused=True,
    )
    found = dict(zip(asked, got, strict=True))
    if all(found.get(name) is None for name in parameters):
        copied = "the candidate computes with a copy of the weights"
        missing |= {name: copied for name in parameters if name in asked}
    # Where some gradient flows, one that does not is a gradient of zero.
    zero_filled = {
        f"grad {name}": to_numpy(torch.zeros_like(leaf) if found[name] is None else found[name])
        for name, leaf in asked.items()
        if name not in missing
    }
    return zero_filled, {f"grad {name}": why for name, why in missing.items()}


def _describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"{type(value).__name__}"
