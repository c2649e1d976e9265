"""What the command line and the pytest options offer and refuse.

Imports nothing of weight, so that --help is quick.
"""

import argparse
import difflib
from collections.abc import Iterable

KINDS = ("rnn", "lstm", "gru")
DTYPES = {  # name → how ids shorten it
    "float32": "f32",
    "float64": "f64",
    "bfloat16": "bf16",
    "float16": "f16",
}
LEVELS = ("quick", "standard", "full")
SIZES = {  # letter → option and meaning
    "T": ("-T", "steps"),
    "B": ("-B", "sequences"),
    "I": ("--input-size", "I, features of the input"),
    "H": ("--hidden-size", "H, units"),
}
AT_QUICK = "at level quick, which has few cases"  # said of every run there

LIMIT = 300.0  # seconds that a candidate has for one case


class Refused(Exception):
    """Wrong usage; the text is the one line that says what was wrong and what was expected."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'compile'?`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, [k for k in known if not k.startswith("_")], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def seconds(text: str) -> float:
    """A time to wait, more than none."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")
    return found


def kind(text: str) -> str:
    """A kind of layer, in capitals or not."""
    found = text.lower()
    if found not in KINDS:
        near = did_you_mean(found, KINDS)
        expected = ", ".join(KINDS)
        raise argparse.ArgumentTypeError(f"expected one of {expected}, got {text!r}{near}")
    return found


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number, 1 or more, got {text!r}")
    return int(text)


def natural(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r}")
    return int(text)
