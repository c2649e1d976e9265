"""The command line. torch is imported only by what needs it, so that --help answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rnn_manual.cli.parser import parser
from rnn_manual.usage import Refused


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns: 0 agree, 1 something differs, 2 wrong usage or nothing to compare, 130 interrupted.
    """
    options = parser().parse_args(argv)
    if options.command in ("trace", "prove") and options.candidate and "torch" not in sys.modules:
        from rnn_manual.candidates.process.dispatch import fork_ahead  # which loads it

        fork_ahead({})
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
        if options.command == "compare":
            from rnn_manual.cli.compare import compare

            return compare(options.folders, options.html, options.json, options.markdown)
        if options.command == "explain":
            from rnn_manual.cli.explain.command import explain

            return explain(options)
        if options.command == "trace":
            from rnn_manual.cli.trace.command import trace

            return trace(options)
        if options.command == "prove":
            from rnn_manual.cli.prove.command import command

            return command(options)
        from rnn_manual.cli.verify.command import verify

        return verify(options)
    except Refused as refused:
        print(f"rnn-manual: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("rnn-manual: interrupted; no report was written", file=sys.stderr)
        return 130
