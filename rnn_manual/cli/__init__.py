"""The command line. torch is imported only by what needs it, so that --help answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnn_manual.cli.parser import parser
from rnn_manual.usage import Refused

if TYPE_CHECKING:
    from rnn_manual.candidates.process.process import Process


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns: 0 agree, 1 something differs, 2 wrong usage or nothing to compare, 130 interrupted.
    """
    options = parser().parse_args(argv)
    try:
        if options.command == "claims" and options.names:
            from rnn_manual.cli.some_claims import some_claims

            return some_claims(options.names)
        if options.command == "claims":
            from rnn_manual.cli.claims import claims

            return claims()
        if options.command == "modes":
            from rnn_manual.cli.claims import modes

            return modes()
        if options.command == "cases":
            from rnn_manual.cli.cases import cases

            return cases(options)
        if options.command == "compare":
            from rnn_manual.cli.compare import compare

            return compare(options.folders, options.html, options.json, options.markdown)
        if options.command == "explain":
            from rnn_manual.cli.explain.command import explain

            return explain(options)
        if options.command == "trace":
            process = _loading_torch() if options.candidate else None
            from rnn_manual.cli.trace.command import trace

            return trace(options, process)
        if options.command == "prove":
            process = _loading_torch()
            from rnn_manual.cli.prove.command import command

            return command(options, process)
        from rnn_manual.cli.verify.command import verify

        return verify(options)
    except Refused as refused:
        print(f"rnn-manual: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("rnn-manual: interrupted; no report was written", file=sys.stderr)
        return 130


def _loading_torch() -> Process | None:
    """The candidate's process, which loads torch while this one does; None if this one has it."""
    if "torch" in sys.modules:
        return None
    from rnn_manual.candidates.process.process import Process

    return Process({}, 1)
