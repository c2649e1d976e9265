"""`rnn-manual cases`: what `-k` chooses from, without running it."""

from __future__ import annotations

import argparse

from rnn_manual.cases.levels import select
from rnn_manual.cli.console import console
from rnn_manual.cli.verify.suite import asked_for


def cases(options: argparse.Namespace) -> int:
    """Lists the cases of a level that are asked for: the id of each, and what it is.

    Raises: Refused: there is none.
    """
    there = select(options.level, kinds=options.kind or (), dtypes=options.dtype or ())
    found = asked_for(there, options.k)
    out = console()
    for case in found:
        out.print(f"{case.id}  {case}", markup=False, soft_wrap=True)
    out.print(f"\n{len(found):,} of the {len(there):,} cases at level {options.level}")
    return 0
