"""The suite of claims, run through pytest."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from rnn_manual.cases.case import Case
from rnn_manual.cli.verify.interrupt import Interrupt
from rnn_manual.usage import Refused


def suite() -> Path:
    """Where the claims' tests are: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("rnn_manual")))
    installed = package / "suite"
    return installed if installed.is_dir() else package.parent / "tests"


def checked_expression(expression: str) -> Any:
    """What pytest's -k makes of an expression. Raises: Refused: it does not understand it."""
    from _pytest.mark.expression import Expression

    try:
        return Expression.compile(expression)
    except Exception as error:  # whose type is another in other versions of pytest
        said = getattr(error, "msg", None) or str(error)
        expected = "expected names joined by and, or, not"
        raise Refused(f"-k {expression!r}: {expected}: {said}") from error


def names_tests(expression: str) -> bool:
    """Whether -k asks for tests by their names, and does not only leave some out by them."""
    words = re.findall(r"[^\s()]+", expression.lower())
    names = [word for word in words if word.startswith("test_")]
    compiled = checked_expression(expression)
    # What has all the words is chosen, or what has one name alone, unless that is left out.
    asked = (" ".join(words), *names)
    return any(compiled.evaluate(lambda n, /, of=of, **_: n.lower() in of) for of in asked if names)


def named(test: str) -> str:
    """What -k takes for a test with its case; for the test, where the case's name has spaces."""
    try:
        checked_expression(test)
    except Refused:  # as of [gru 2 layers]
        return test.partition("[")[0]
    return test


def matches(expression: Any, id: str) -> bool:
    """Whether a case is one of those that a checked expression asks for."""
    in_brackets = f"[{id}]".lower()
    return bool(expression.evaluate(lambda name, /, **_: name.lower() in in_brackets))


def asked_for(cases: Sequence[Case], expression: str | None) -> list[Case]:
    """Those of these cases that -k asks for; all without one. Raises: Refused: there is none."""
    if expression is None:
        return list(cases)
    asked = checked_expression(expression)
    if found := [case for case in cases if matches(asked, case.id)]:
        return found
    raise Refused(f"-k {expression!r} matches none of the cases, as {cases[0].id}")


def run_suite(arguments: list[str], plugin: object) -> int:
    """Pytest on the suite alone, whatever is in the folder that it is called in.

    Returns: pytest's exit code.

    Raises: Refused: pytest cannot take the arguments.
    """
    os.environ.pop("PYTEST_ADDOPTS", None)
    alone = [f"--rootdir={suite()}", f"--confcutdir={suite()}", f"-c{os.devnull}"]
    # The command line shows the run, so pytest need not; and the order is `order`'s.
    without = [f"-pno:{name}" for name in ("terminal", "cacheprovider", "logging", "randomly")]
    ours = ["plugin", "cli.verify.order", "cli.verify.ahead", "cli.verify.known"]
    plugins = [f"-prnn_manual.{name}" for name in ours]
    claims = [str(suite()), f"--ignore={suite() / 'meta'}"]
    given = [*claims, *alone, *without, *plugins, *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as said, Interrupt() as interrupt:
        code = pytest.main(given, plugins=[plugin, interrupt])
    if code == pytest.ExitCode.USAGE_ERROR:
        raise Refused(" ".join(said.getvalue().split()).removeprefix("ERROR: "))
    sys.stderr.write(said.getvalue())
    return int(code)
