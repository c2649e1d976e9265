"""`rnn-manual cases`: what `-k` chooses from, without running it."""

from __future__ import annotations

import argparse

from rnn_manual.cases.levels import select
from rnn_manual.cli.console import console
from rnn_manual.cli.verify.suite import checked_expression, matches
from rnn_manual.usage import Refused


def cases(options: argparse.Namespace) -> int:
    """Lists the cases of a level that are asked for: the id of each, and what it is.

    Raises: Refused: there is none.
    """
    there = select(options.level, kinds=options.kind or (), dtypes=options.dtype or ())
    asked = None if options.k is None else checked_expression(options.k)
    found = [case for case in there if asked is None or matches(asked, case.id)]
    if not found:
        raise Refused(f"-k {options.k!r} matches none of the cases, as {there[0].id}")
    out = console()
    for case in found:
        out.print(f"{case.id}  {case}", markup=False, soft_wrap=True)
    out.print(f"\n{len(found):,} of the {len(there):,} cases at level {options.level}")
    return 0
