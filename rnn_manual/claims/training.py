"""Training a small classifier on a candidate."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import build
from rnn_manual.candidates.process.dispatch import run_there
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.claims.layer import Layer
from rnn_manual.layout import state_tuple

# By plain gradient descent: an optimizer of torch's loads its compiler first, which takes seconds.
STEPS, RATE = 100, 1.0


def labels_after_training(layer: Layer, case: Case, x: Any, labels: list[int]) -> list[int]:
    """The labels that a linear layer on h_n gives each row, after 100 steps of training on them.

    Args:
        x: an array (T, B, I).

    Raises: Unsupported: the layer computes no gradients, or none of its weights.
    """
    asked = (case, x, labels, layer.device, layer.candidate.mode)
    found: list[int] = run_there(layer.candidate, _trained, *asked)
    return found


def _trained(
    subject: Subject, case: Case, x: Any, labels: list[int], device: str, mode: str
) -> list[int]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        built = build(subject, case.config, draw(case).parameters, torch.float32, device)
        built = MODES[mode].build(built) if mode else built
        head = nn.Linear(case.config.hidden_size, 2).to(device)
        parameters = [*built.module.parameters(), *head.parameters()]
        input = torch.tensor(x, dtype=torch.float32, device=device)
        expected = torch.tensor(labels, device=device)
        for _ in range(STEPS):
            h_n = state_tuple(case.config, built.call(input)[1])[0]
            if not h_n.requires_grad:
                raise Unsupported("no gradients to train by")
            logits = head(h_n[-1])
            nn.functional.cross_entropy(logits, expected).backward()  # type: ignore[no-untyped-call]
            if all(parameter.grad is None for parameter in built.module.parameters()):
                raise Unsupported("no gradients of the weights to train by")
            _descend(parameters)
        answer: list[int] = logits.argmax(1).tolist()
        return answer


def _descend(parameters: list[nn.Parameter]) -> None:
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.sub_(RATE * parameter.grad)
                parameter.grad = None
