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
LAYERS, PROOF = "Imports go one way", "The proof's imports go one way"
CIRCLE = "No circle"


@cache
def contracts():
    """The contracts by name, as pyproject.toml states them."""
    read = api.read_configuration(str(PYPROJECT))
    session = {**read["session_options"], "root_packages": ["rnn_manual"]}
    return {
        stated["name"]: TYPES[stated["type"]](stated["name"], session, stated)
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


def test_every_contract_is_tried():
    """What pyproject.toml states is what fails below."""
    assert set(contracts()) == {LAYERS, PROOF, CIRCLE}


@pytest.mark.parametrize("contract", [LAYERS, PROOF, CIRCLE])
def test_the_contracts_are_kept(contract):
    """Without another import each contract is kept: what fails below fails for that import."""
    assert kept(contract)


UPWARDS = [
    (LAYERS, "rnn_manual.cells", "rnn_manual.judge.check"),
    (LAYERS, "rnn_manual.loops", "rnn_manual.layout"),
    (LAYERS, "rnn_manual.cases.case", "rnn_manual.candidates.catalogue"),
    (LAYERS, "rnn_manual.candidates.harness.running", "rnn_manual.judge.verdict"),
    (LAYERS, "rnn_manual.judge.check", "rnn_manual.parity"),
    (PROOF, "rnn_manual.proof.formula", "rnn_manual.proof.arithmetic.bound"),
    (PROOF, "rnn_manual.proof.arithmetic.points", "rnn_manual.proof.mirror.shadows"),
    (PROOF, "rnn_manual.proof.mirror.dispatch", "rnn_manual.proof.runs.trace"),
    (PROOF, "rnn_manual.proof.expected.results", "rnn_manual.proof.runs.mirrored"),
    (PROOF, "rnn_manual.proof.runs.trace", "rnn_manual.proof.search.where"),
]


@pytest.mark.parametrize(("contract", "importer", "imported"), UPWARDS)
def test_an_import_upwards_breaks_the_layers(contract, importer, imported):
    """One import of a room above, and the layers are not kept."""
    assert not kept(contract, importer, imported)


BESIDE = [("mirror.dispatch", "expected.leaves"), ("compare", "search.where")]


@pytest.mark.parametrize(("one", "other"), BESIDE)
def test_rooms_of_the_proof_that_stand_side_by_side_do_not_import_each_other(one, other):
    """What torch executes is read without what is expected; and the other way round."""
    one, other = f"rnn_manual.proof.{one}", f"rnn_manual.proof.{other}"
    assert not kept(PROOF, one, other)
    assert not kept(PROOF, other, one)


def test_a_circle_inside_a_room_is_one():
    """Two files of a room that import each other break the contract, though no layer does."""
    circle = "rnn_manual.judge.verdict", "rnn_manual.judge.check"
    assert kept(LAYERS, *circle)
    assert not kept(CIRCLE, *circle)
