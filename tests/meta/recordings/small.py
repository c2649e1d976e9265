"""Small recordings, made without running anything."""

import json

import numpy as np

from rnn_manual.recordings import recording as r
from rnn_manual.recordings import store

VALUES = {
    "float32": np.array([[1.5, -0.0], [np.nan, np.inf]], np.float32),
    "float64": np.array([np.pi, 5e-324, -0.0]),
    "float16": np.array([0.1, 6e-8], np.float16),
    # Every bfloat16 is a float32 whose lower half is zero.
    "bfloat16": (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32),
}


def recorded(dtype="float32", values=None, mode="", **run):
    """A recording of one run."""
    values = VALUES[dtype] if values is None else values
    fields = {"dtype": dtype, "seq_len": 2}
    numbers = {"input": values, "batch_sizes": np.array([2, 1])}
    limits = {"out": np.full(values.shape, 1e-6)}
    case = r.RecordedCase(fields, "lstm", [dtype], numbers, limits)
    tensors = {"out": r.Tensor("identical", "", values), "grad input": r.Tensor("unsupported", "x")}
    run = {"verdict": "identical", "tensors": tensors} | run
    found = r.Recording({"environment": {"torch": "1.0", "numpy": "1.26"}, "level": "standard"})
    found.add("case", case, r.Run("case", mode, **run))
    return found


def same_but_for_the_date(a, b):
    """Every byte of the arrays, and every word of the JSON that does not follow from the date."""
    assert (a / store.ARRAYS).read_bytes() == (b / store.ARRAYS).read_bytes()
    texts = [json.loads((folder / store.JSON).read_text()) for folder in (a, b)]
    for text in texts:
        del text["about"]["date"], text["digest"]
    assert texts[0] == texts[1]
