"""What commands take that name a layer and what it is called with: nn's own constructor."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rnn_manual.usage import KINDS, Refused, kind, natural

if TYPE_CHECKING:
    from rnn_manual.explain.call import Call


def add_layer(
    command: argparse.ArgumentParser,
    sizes: tuple[int, int],
    steps: int,
    batch: int,
    training: bool = False,
) -> None:
    """Adds the layer's kind and options.

    Args:
        sizes: the default (I, H). steps, batch: the default T and B.
        training: whether what acts in training only is among them.
    """
    add = command.add_argument
    add("kind", type=kind, choices=KINDS, help="rnn, lstm or gru")
    for option, default, meaning in (
        ("--input-size", sizes[0], "I, features of the input"),
        ("--hidden-size", sizes[1], "H, units"),
        ("--num-layers", 1, "L, layers"),
        ("--proj-size", 0, "P, of an LSTM with a projection"),
    ):
        add(option, type=natural, default=default, metavar="N", help=f"{meaning} ({default})")
    for option, default, meaning in (("-T", steps, "steps"), ("-B", batch, "sequences")):
        add(option, type=natural, metavar="N", help=f"{meaning} ({default})")
    command.set_defaults(steps=steps, batch=batch)
    add("--nonlinearity", choices=("tanh", "relu"), default="tanh", help="of an RNN (tanh)")
    command.set_defaults(dropout=0.0)
    if training:
        add("--dropout", type=float, metavar="P", help="between layers, in training (0)")
    add("--no-bias", dest="bias", action="store_false", help="without biases")
    add("--bidirectional", action="store_true", help="both directions")
    add("--batch-first", action="store_true", help="input and out are (B, T, …)")
    layout = command.add_mutually_exclusive_group()
    layout.add_argument("--unbatched", action="store_true", help="one sequence, without B")
    layout.add_argument(
        "--packed", nargs="*", type=natural, metavar="LENGTH",
        help="a PackedSequence of these lengths (left out: from T down to 1)",
    )  # fmt: skip
    add("--seed", type=natural, default=0, help="of the numbers (0)")


def add_picture(command: argparse.ArgumentParser, what: str) -> None:
    """Adds where a picture is drawn, and for which page."""
    add = command.add_argument
    add("--save", metavar="FILE", help=f"draw {what} too: FILE.svg, .png or .pdf")
    add("--dark", action="store_true", help="draw it for a dark page")


def check_picture(name: str | None) -> None:
    """Raises Refused unless a picture can be drawn there; better now than after the run."""
    from rnn_manual.explain.pictures.save import check_drawable
    from rnn_manual.files import check_writable

    if name is not None:
        check_drawable(name)
        check_writable(name)


def call_for(options: argparse.Namespace) -> Call:
    """The call that the options ask for. Raises: Refused: no such layer or call."""
    from rnn_manual.config import Config
    from rnn_manual.explain.call import Call

    names = ("kind", "input_size", "hidden_size", "num_layers", "nonlinearity", "bias")
    names += ("batch_first", "dropout", "bidirectional", "proj_size")  # type: ignore[assignment]
    try:
        config = Config(**{name: getattr(options, name) for name in names})
        if config.kind != "rnn" and options.nonlinearity != "tanh":
            raise ValueError(f"only rnn takes nonlinearity, got it for {config.kind}")
        T, B = _sizes(options)
        if options.unbatched:
            return Call(config, (T,), "unbatched")
        if options.packed is not None:
            return Call(config, tuple(options.packed or _falling(T, B)), "packed")
        return Call(config, (T,) * B)
    except ValueError as error:
        raise Refused(str(error)) from error


def _sizes(options: argparse.Namespace) -> tuple[int, int]:
    """T and B. Raises: ValueError: there is none of one, or the layout has others."""
    T = options.steps if options.T is None else options.T
    B = options.batch if options.B is None else options.B
    if T < 1 or B < 1:
        raise ValueError(f"T and B must be at least 1, got T={T}, B={B}")
    if options.unbatched and options.B not in (None, 1):
        raise ValueError(f"unbatched input is one sequence, got -B {B}")
    if options.packed:
        there = max(options.packed), len(options.packed)
        if (options.T or there[0], options.B or there[1]) != there:
            lengths = " ".join(map(str, options.packed))
            given = {"-T": options.T, "-B": options.B}
            said = " ".join(f"{name} {size}" for name, size in given.items() if size is not None)
            raise ValueError(f"lengths {lengths} are -T {there[0]} -B {there[1]}, got {said}")
    return T, B


def _falling(T: int, B: int) -> list[int]:
    """B lengths from T down to 1, the second longest first: packing has something to sort."""
    falling = [round(T - (T - 1) * b / max(B - 1, 1)) for b in range(B)]
    return [*falling[1:2], *falling[:1], *falling[2:]]
