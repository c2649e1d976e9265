"""What the command line takes."""

from __future__ import annotations

import argparse

from rnn_manual import __version__
from rnn_manual.cli.layer_options import add_layer, add_picture
from rnn_manual.usage import DTYPES, KINDS, LEVELS, LIMIT, SIZES, kind, natural, positive, seconds


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    top = argparse.ArgumentParser(
        prog="rnn-manual",
        description="Holds recurrent layers against hand-written loops, claim by claim.",
        epilog="exit code: 0 agree, 1 something differs, 2 wrong usage, or nothing to compare",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"rnn-manual {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help, allow_abbrev=False)

    claims = add("claims", "list every claim, its formula and its test")
    claims.add_argument("names", nargs="*", help="of these, as A6, the test too, and a run of it")
    add("modes", "list the ways in which a layer is run")
    cases = add("cases", "list the cases that the layer is run on")
    add_choice(cases)
    cases.add_argument("--level", choices=LEVELS, default="standard", help="default: standard")
    cases.add_argument("-k", metavar="EXPRESSION", help="only those that match, as '[lstm-f32]'")
    verify = add("verify", "hold a candidate against the loops")
    add_run(verify)
    verify.add_argument("--against", metavar="DIR", help="hold it against a recording too")
    verify.set_defaults(record=None)
    prove = add("prove", "hold a candidate's formulas against the loops', in seconds")
    add_candidate(prove)
    prove.add_argument("-k", metavar="EXPRESSION", help="only cases that match, as '[lstm-f32]'")
    for size, (name, meaning) in SIZES.items():
        prove.add_argument(
            name, dest=size, type=positive, metavar="N", help=f"{meaning}, in every case"
        )
    strict = "exit 1 unless all that it takes is proved, without a condition"
    prove.add_argument("--strict", action="store_true", help=strict)
    prove.add_argument("--json", metavar="PATH", help="write every case and verdict")
    record = add("record", "write down all that a candidate computes")
    record.add_argument("record", metavar="DIR", help="a new folder")
    add_run(record)
    record.set_defaults(against=None)
    compare = add("compare", "say what changed from recording to recording")
    compare.add_argument("folders", metavar="DIR", nargs="+", help="recordings, the oldest first")
    compare.add_argument("--html", metavar="PATH", help="write it as a page")
    compare.add_argument("--json", metavar="PATH", help="write every case and tensor")
    compare.add_argument("--markdown", metavar="PATH", help="write it as a Markdown table")
    explain = add(
        "explain", "show a layer's equations, parameters, shapes, and where h_n is in out"
    )
    add_layer(explain, sizes=(3, 5), steps=7, batch=4, training=True)
    add_picture(explain, "the network and its cell")
    trace = add("trace", "show one small run step by step, in numbers")
    add_layer(trace, sizes=(2, 2), steps=3, batch=1)
    trace.add_argument("--backward", action="store_true", help="and the gradients, step by step")
    trace.add_argument(
        "--candidate",
        metavar="NAME",
        help="with its numbers too: MODULE:NAME, PATH.py:NAME, torch.nn",
    )
    add_picture(trace, "the gates over time")
    return top


def add_candidate(command: argparse.ArgumentParser) -> None:
    """What commands take that judge a candidate."""
    command.add_argument(
        "--candidate",
        default="torch.nn",
        metavar="NAME",
        help="MODULE:NAME, PATH.py:NAME, or a mode of torch.nn, as compile (default: torch.nn)",
    )
    add_choice(command)
    command.add_argument(
        "--limit",
        type=seconds,
        default=LIMIT,
        metavar="SECONDS",
        help=f"for one case; what takes longer has failed (default: {LIMIT:g})",
    )


def add_choice(command: argparse.ArgumentParser) -> None:
    """What commands take that choose among the cases."""
    command.add_argument(
        "--kind", nargs="+", action="extend", type=kind, choices=KINDS, help="only cases of these"
    )
    command.add_argument(
        "--dtype", nargs="+", action="extend", choices=[*DTYPES], help="only cases of these"
    )


def add_run(command: argparse.ArgumentParser) -> None:
    """What commands take that run the suite."""
    add_candidate(command)
    command.add_argument("--device", default="cpu", help="where it computes (default: cpu)")
    command.add_argument("--level", choices=LEVELS, default="standard", help="default: standard")
    command.add_argument(
        "--seed", type=natural, default=0, help="of the random numbers (default: 0)"
    )
    command.add_argument("-k", metavar="EXPRESSION", help="only tests and cases that match")
    command.add_argument("--json", metavar="PATH", help="write every case and verdict")
    command.add_argument(
        "--html", metavar="PATH", help="write a page: tables, every case, where errors begin"
    )
    command.add_argument("--junitxml", metavar="PATH", help="write JUnit's report")
    command.add_argument(
        "-n", metavar="WORKERS", type=natural, help="processes (default: one a core; 0: this one)"
    )
