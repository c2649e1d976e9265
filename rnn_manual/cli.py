"""The command line. torch is imported only by what needs it, so that --help answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rnn_manual import __version__
from rnn_manual.usage import DTYPES, KINDS, LEVELS, LIMIT, Refused, natural, seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command. Returns: 0 agree, 1 something differs, 2 wrong usage, 130 interrupted."""
    options = parser().parse_args(argv)
    try:
        if options.command == "claims":
            from rnn_manual.claims import claims

            return claims()
        if options.command == "modes":
            from rnn_manual.claims import modes

            return modes()
        from rnn_manual.verify import verify

        return verify(options)
    except Refused as refused:
        print(f"rnn-manual: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("rnn-manual: interrupted; no report was written", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    top = argparse.ArgumentParser(
        prog="rnn-manual",
        description="Holds recurrent layers against hand-written loops, claim by claim.",
        epilog="exit code: 0 agree, 1 something differs, 2 wrong usage",
    )
    top.add_argument("--version", action="version", version=f"rnn-manual {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("claims", help="list every claim, its formula and its test")
    commands.add_parser("modes", help="list the ways in which a layer is run")
    verify = commands.add_parser("verify", help="hold a candidate against the loops")
    verify.add_argument(
        "--candidate",
        default="torch.nn",
        metavar="NAME",
        help="MODULE:NAME, or torch.nn in a mode, as compile (default: the torch.nn here)",
    )
    verify.add_argument("--kind", nargs="+", action="extend", choices=KINDS, help="only these")
    verify.add_argument("--dtype", nargs="+", action="extend", choices=[*DTYPES], help="only these")
    verify.add_argument("--device", default="cpu", help="where it computes (default: cpu)")
    verify.add_argument("--level", choices=LEVELS, default="quick", help="default: quick")
    verify.add_argument(
        "--seed", type=natural, default=0, help="of the random numbers (default: 0)"
    )
    verify.add_argument(
        "--limit",
        type=seconds,
        default=LIMIT,
        metavar="SECONDS",
        help=f"for one case; what takes longer has failed (default: {LIMIT:g})",
    )
    verify.add_argument("-k", metavar="EXPRESSION", help="only tests and cases that match")
    verify.add_argument("--json", metavar="PATH", help="write every case and verdict")
    verify.add_argument("--html", metavar="PATH", help="write what is shown as a page")
    verify.add_argument("--junitxml", metavar="PATH", help="write JUnit's report")
    verify.add_argument(
        "-n", metavar="WORKERS", type=natural, help="processes (default: one a core; 0: this one)"
    )
    return top
