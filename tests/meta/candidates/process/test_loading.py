"""From a name to a candidate: by module or by file, and in one line where it leads nowhere."""

import sys

import pytest
import torch
from torch import nn

from rnn_manual.candidates.candidate import NN, Candidate, facts_of
from rnn_manual.candidates.catalogue import as_candidate
from rnn_manual.candidates.errors import Unsupported, Unusable
from rnn_manual.candidates.process.dispatch import facts
from rnn_manual.candidates.process.loading import load
from rnn_manual.claims.layer import Layer
from rnn_manual.config import Config
from rnn_manual.parity import Case, Verdict, check, prove
from tests.meta.candidates.right.classes import PlainLSTM

CASE = Case(Config("lstm", 3, 5))
MINE = """
import torch
from beside import sign

def build(module):
    return lambda x, hx=None: (sign * module(x, hx)[0], module(x, hx)[1])

class Inner:
    def build(module):
        return module

number = 3
layer = torch.nn.RNN(1, 2)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with modules, to be in."""
    (tmp_path / "mine_here.py").write_text(MINE)
    (tmp_path / "beside.py").write_text("sign = -1")
    (tmp_path / "broken.py").write_text("raise ValueError('broken inside')")
    (tmp_path / "exits.py").write_text("raise SystemExit(0)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("mine_here", "beside", "broken", "exits"):
        sys.modules.pop(name, None)


def test_a_module_and_a_file_lead_to_the_same(folder):
    """MODULE:NAME, PATH.py:NAME and dotted names are found, and what stands beside a file."""
    (folder / "sub").mkdir()
    (folder / "mine_here.py").rename(folder / "sub" / "mine_there.py")
    (folder / "beside.py").rename(folder / "sub" / "beside.py")
    assert load("sub/mine_there.py:build").__name__ == "build"
    assert load(f"{folder}/sub/mine_there.py:Inner.build").__qualname__ == "Inner.build"
    assert load("torch.nn:LSTM") is nn.LSTM


def test_a_name_is_loaded_in_its_process_only(folder):
    """A candidate's module is never imported by the judge, whose torch it could change."""
    (folder / "hostile.py").write_text(
        "import torch\ntorch.tanh = torch.sigmoid\ndef build(module): return module\n"
    )
    comparison = check("hostile:build", CASE)
    assert not comparison.verdict.fails
    assert "hostile" not in sys.modules
    assert torch.tanh(torch.ones(1)) > 0.75


def test_a_wrong_one_by_its_path(folder):
    """A file is judged as a module is, and the command that shows it again names the file."""
    comparison = check("mine_here.py:build", CASE)
    assert comparison.verdict == Verdict.DIFFERS
    assert "again     rnn-manual verify --candidate mine_here.py:build -k" in str(comparison)


NOWHERE = {
    "no module": ("nowhere:build", "No module named 'nowhere'"),
    "no file": ("no/where.py:build", "there is no file"),
    "no name": ("mine_here:biuld", "mine_here has no 'biuld'; did you mean 'build'?"),
    "no function": ("mine_here:number", "must be a class or a function, got int"),
    "an instance": ("mine_here:layer", "must be a class or a function, got an instance of RNN"),
    "a module that fails": ("broken:build", "importing broken failed: ValueError: broken inside"),
    "a module that exits": ("exits:build", "importing exits failed: SystemExit: 0"),
    "half a name": (":build", "candidate must be MODULE:NAME or PATH.py:NAME, torch.nn or one"),
}


@pytest.mark.parametrize("what", NOWHERE)
def test_a_name_that_leads_nowhere(folder, what):
    """One line says what was wrong with a name."""
    name, said = NOWHERE[what]
    with pytest.raises(Unusable) as refused:
        load(name)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_candidate():
    """Neither a name of anything nor a class nor a function."""
    with pytest.raises(Unusable, match="a candidate must be a class or a function, got int"):
        as_candidate(3)
    with pytest.raises(Unusable, match=r"a class or a function, got an instance of LSTM$"):
        check(torch.nn.LSTM(3, 5), CASE)
    for judged in (check, prove):
        with pytest.raises(TypeError, match=r"expected a Case, got a Config; Case\(config\) is"):
            judged("torch.nn", CASE.config)
        with pytest.raises(TypeError, match="expected a Case, got int"):
            judged("torch.nn", 3)
    with pytest.raises(Unusable, match="got 'compil'; did you mean 'compile'"):
        as_candidate("compil")
    with pytest.raises(Unusable, match="No module named 'nowhere'"):
        check("nowhere:build", CASE)


def test_names_that_are_known():
    """torch.nn, its modes, and whatever has a colon."""
    assert as_candidate("torch.nn") == NN
    assert as_candidate("compile") == Candidate("compile", "torch.nn", "compile")
    assert as_candidate("mine:build") == Candidate("mine:build", "mine:build")


def test_facts():
    """What a judge knows of a subject: what it is, and what it says of itself."""

    class Mine(nn.Module):
        unsupported_modes = {"vmap": "why"}  # noqa: RUF012 - as anybody writes it

    assert facts_of(nn.LSTM).kinds == ("lstm",)
    assert facts_of(nn.LSTM).of_torch
    assert facts_of(Mine).is_class
    assert facts_of(Mine).kinds == ("rnn", "lstm", "gru")
    assert dict(facts_of(Mine).unsupported_modes) == {"vmap": "why"}
    assert not facts_of(lambda module: module).is_class


def test_a_class_is_of_the_kind_that_it_inherits():
    """nn.LSTM is no RNN: such cases are declined, and not failed."""
    declined = check("torch.nn:LSTM", Case(Config("gru", 3, 5)))
    assert (declined.verdict, declined.message) == (Verdict.UNSUPPORTED, "it is of nn.LSTM's kind")


def test_a_class_of_one_kind_only_is_told_to_say_so():
    """What does not load nn's weights is told in one line, with the option that narrows it."""

    class Mine(nn.Module):
        def __init__(self, *sizes, **options):
            super().__init__()
            self.weight_ih_l0 = nn.Parameter(torch.zeros(20, 3))

    comparison = check(Mine, Case(Config("rnn", 3, 5)))
    assert comparison.verdict == Verdict.ERROR
    assert comparison.message.startswith("does not load the state_dict of nn.RNN: ")
    assert comparison.message.endswith("if the class is of another kind, say so by --kind")


def test_a_class_is_of_the_kind_whose_weights_it_loads():
    """Built and loaded to find out, without a draw from torch's generator; if it is just one."""
    before = torch.get_rng_state()
    assert facts(as_candidate(PlainLSTM)).kinds == ("lstm",)
    assert torch.equal(before, torch.get_rng_state())
    declined = check(PlainLSTM, Case(Config("gru", 3, 5)))
    assert (declined.verdict, declined.message) == (Verdict.UNSUPPORTED, "it is of nn.LSTM's kind")

    for asked in (
        Layer(as_candidate(PlainLSTM)),
        Layer(as_candidate(PlainLSTM)).parameters,
        lambda case: Layer(as_candidate(PlainLSTM)).initial(case, [0]),
    ):
        with pytest.raises(Unsupported, match=r"^it is of nn.LSTM's kind$"):
            asked(Case(Config("gru", 3, 5)))

    class LoadsAnything(PlainLSTM):
        def load_state_dict(self, state_dict, *more):
            pass

    class Exits(nn.Module):
        def __init__(self, *sizes, **options):
            raise SystemExit(3)

    for unknown in (LoadsAnything, Exits):
        assert facts(as_candidate(unknown)).kinds == ("rnn", "lstm", "gru")
    assert check(Exits, CASE).message == "raised SystemExit: 3"


def test_how_a_candidate_is_built_is_told():
    """A class that takes other arguments than nn's, and a function that gives nothing to call."""

    class OtherArguments(PlainLSTM):
        def __init__(self, hidden_size):
            super().__init__(hidden_size, hidden_size)

    said = check(OtherArguments, CASE).message
    assert said.endswith("were given; a class takes nn's arguments, or a function builds it")
    said = check(lambda module: None, CASE).message
    assert said == "returned None as it was built, expected a layer to call"
    said = check(lambda module: 3, CASE).message
    assert said == "returned int as it was built, expected a layer to call"


def test_modes_that_are_no_dict_are_refused():
    """In a line that names the attribute."""

    def build(module):
        return module

    build.unsupported_modes = ["vmap"]
    with pytest.raises(Unusable, match="its unsupported_modes are a list, expected a dict from"):
        facts_of(build)
