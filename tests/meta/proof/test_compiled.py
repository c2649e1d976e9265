"""What a layer has torch.compile make is proved as it was written, and that is told."""

import importlib

import pytest
import torch

from rnn_manual.parity import prove
from rnn_manual.proof.runs import mirrored as runs_of
from rnn_manual.proof.runs.trace import traced
from tests.meta.candidates.right.classes import PlainLSTM
from tests.meta.proof.small import small


@pytest.fixture(autouse=True)
def dynamo():
    """All of these tests find it loaded; where it is, every proof of a worker takes longer."""
    importlib.import_module("torch._dynamo")


class Compiled(PlainLSTM):
    """Its step goes through torch.compile, whole."""

    def _run(self, *given):
        self.now = torch.compile(super().step, backend="eager", fullgraph=True)
        return super()._run(*given)

    def step(self, *given):
        return self.now(*given)


def test_what_goes_through_torch_compile_is_proved_as_it_was_written():
    """And that is told, with its line: the numbers of what is compiled are compared."""
    found = prove(Compiled, small("lstm")).formula
    assert found.verdict == "proved", found
    assert "but for what torch.compile makes of it: classes.py:" in found.said
    assert found.conditions


def test_what_is_kept_from_being_compiled_is_proved_without_a_word():
    """Its calls go through torch._dynamo, too."""

    class NotCompiled(PlainLSTM):
        @torch._dynamo.disable
        def step(self, *given):
            return super().step(*given)

    found = prove(NotCompiled, small("lstm")).formula
    assert (found.verdict, found.conditions) == ("proved", ())


def test_what_torch_compiled_on_the_way_is_run_anew(monkeypatch):
    """As it was written, and the trace is of that run alone."""
    whole = len(traced(PlainLSTM, small("lstm")).executed)
    runs = []

    class LoadsDynamo(PlainLSTM):
        def forward(self, *given):
            runs.append(given)
            out = super().forward(*given)
            if len(runs) == 1:
                raise RuntimeError("found no compiled frames")
            return out

    loaded = iter([False])
    monkeypatch.setattr(runs_of, "is_dynamo_loaded", lambda: next(loaded, True))
    assert len(traced(LoadsDynamo, small("lstm")).executed) == whole
    assert len(runs) == 2
