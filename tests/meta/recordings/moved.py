"""Two small recordings, and what changed between them."""

from dataclasses import replace

import numpy as np

from rnn_manual.recordings.compared.between import drift
from tests.meta.recordings.small import recorded

OUT = np.array([1, 0.5, -3], np.float32)


def between(before, after):
    """The only run's drift."""
    (run,) = drift(before, after).runs
    return run


def moved(by):
    """The same numbers went in; something else came out."""
    found = recorded(values=OUT)
    run = found.runs["", "case"]
    tensor = replace(run.tensors["out"], values=OUT + np.float32(by))
    found.runs["", "case"] = replace(run, tensors=run.tensors | {"out": tensor})
    return found


def with_tensor(recording, name="out", **changes):
    """The run, something else in one of its tensors."""
    run = recording.runs["", "case"]
    return replace(run, tensors=run.tensors | {name: replace(run.tensors[name], **changes)})


DECLINED = {"verdict": "unsupported", "tensors": {}, "message": "no such thing"}


def add(found, other, case):
    """Another recording's run, under the name of another case."""
    (run,) = other.runs.values()
    found.add(case, other.cases["case"], replace(run, case=case))
