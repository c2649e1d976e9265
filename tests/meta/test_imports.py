"""The contracts of imports, to which `make check` holds the code, fail for an import upwards."""

from copy import deepcopy
from functools import cache
from pathlib import Path

import grimp
import pytest
from importlinter import api
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.layers import LayersContract

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
TYPES = {"layers": LayersContract, "acyclic_siblings": AcyclicSiblingsContract}


@cache
def contracts():
    """The contracts by type, as pyproject.toml states them."""
    read = api.read_configuration(str(PYPROJECT))
    session = {**read["session_options"], "root_packages": ["rnn_manual"]}
    return {
        stated["type"]: TYPES[stated["type"]](stated["name"], session, stated)
        for stated in read["contracts_options"]
    }


@cache
def imports():
    """Who imports whom; also inside functions."""
    return grimp.build_graph("rnn_manual", cache_dir=None)


def kept(contract, importer="", imported=""):
    """Whether a contract is kept, one import added to those that there are."""
    graph = deepcopy(imports())
    if importer:
        graph.add_import(importer=importer, imported=imported)
    return contracts()[contract].check(graph, verbose=False).kept


@pytest.mark.parametrize("contract", TYPES)
def test_the_contracts_are_kept(contract):
    """Without another import each contract is kept: what fails below fails for that import."""
    assert kept(contract)


UPWARDS = [
    ("rnn_manual.cells", "rnn_manual.judge.check"),
    ("rnn_manual.loops", "rnn_manual.layout"),
    ("rnn_manual.cases.case", "rnn_manual.candidates.catalogue"),
    ("rnn_manual.candidates.harness.running", "rnn_manual.judge.verdict"),
    ("rnn_manual.judge.check", "rnn_manual.parity"),
]


@pytest.mark.parametrize(("importer", "imported"), UPWARDS)
def test_an_import_upwards_breaks_the_layers(importer, imported):
    """One import of a room above, and the layers are not kept."""
    assert not kept("layers", importer, imported)


def test_a_circle_inside_a_room_is_one():
    """Two files of a room that import each other break the contract, though no layer does."""
    circle = "rnn_manual.judge.verdict", "rnn_manual.judge.check"
    assert kept("layers", *circle)
    assert not kept("acyclic_siblings", *circle)
