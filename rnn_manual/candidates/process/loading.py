"""From a name to what it leads to, in the process that is to run it, and nowhere else."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from rnn_manual.candidates.candidate import NN, Subject, torch_nn, what_it_is_instead
from rnn_manual.candidates.errors import Unusable, in_one_line
from rnn_manual.usage import did_you_mean

FORMS = "MODULE:NAME or PATH.py:NAME"


@cache
def load(name: str) -> Subject:
    """The class or function that `MODULE:NAME` or `PATH.py:NAME` names; `torch.nn` is one, too.

    Raises: Unusable: the name leads to nothing that could be judged.
    """
    if name == NN.subject:
        return torch_nn
    place, _, attribute = name.rpartition(":")
    if not (place and attribute):
        raise Unusable(f"candidate must be {FORMS}, torch.nn or one of its modes, got {name!r}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = _from_file(Path(place)) if place.endswith(".py") else _imported(place)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may do anything on import, sys.exit included
        said = in_one_line(error)
        raise Unusable(f"candidate {name}: importing {place} failed: {said}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = did_you_mean(part, vars(found) if hasattr(found, "__dict__") else ())
            raise Unusable(f"candidate {name}: {place} has no {attribute!r}{near}")
        found = getattr(found, part)
    if it_is := what_it_is_instead(found):
        raise Unusable(f"candidate {name} must be a class or a function, got {it_is}")
    return found  # type: ignore[no-any-return]


def _imported(name: str) -> ModuleType:
    return importlib.import_module(name)


def _from_file(path: Path) -> ModuleType:
    """A module by its file, which finds those beside it as a script would."""
    path = path.resolve()
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
