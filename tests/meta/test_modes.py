"""Each mode is seen to catch a layer that is wrong in it, and what torch declines is told apart."""

import pytest
import torch
from rnn_manual.candidates.versions import needed

from rnn_manual.candidates.candidate import NN, Candidate, in_mode
from rnn_manual.candidates.modes import MODES, declines
from rnn_manual.cases.selection import OPTIONS, cases_for
from rnn_manual.parity import Verdict, check
from tests.meta.wrong_in_modes import NOT_PLANTED, WRONG_IN, Detached


def test_no_mode_is_left_out():
    """Every mode has a layer that is wrong in it, or a reason why not."""
    assert WRONG_IN.keys() | NOT_PLANTED.keys() == MODES.keys()


@pytest.mark.filterwarnings("ignore")  # compilers and exporters warn of their own ways
@pytest.mark.parametrize("name", WRONG_IN)
def test_a_mode_catches_what_is_wrong_in_it(name):
    """A layer that is wrong in one mode only fails there."""
    wrong = WRONG_IN[name]
    where = Candidate(
        f"{wrong.__module__}:{wrong.__name__}", wrong, named=bool(MODES[name].environment)
    )
    lstms = [c for c in cases_for(MODES[name], "full") if c.config.kind == "lstm" and not c.packed]
    lstms.sort(key=lambda case: (case.config.hidden_size, case.seq_len * case.batch_size))
    # Modes that prove something by themselves raise where it does not hold.
    fails = Verdict.ERROR if name in ("twice", "unchanged", "double-backward") else Verdict.DIFFERS
    caught = any(check(in_mode(where, name), case).verdict == fails for case in lstms)
    if not caught and (said := absent(name, lstms)):
        pytest.skip(said)
    assert caught


def absent(name, cases):
    """What torch says if it is the version that has no such mode; nothing where it has."""
    said = [check(in_mode(NN, name), case).message for case in cases]
    lacks = ("has no ", "not yet supported", "the target dtype is not", "could not create a")
    return said[0] if all(any(words in each for words in lacks) for each in said) else ""


@pytest.mark.parametrize("name", ["twice", "deepcopy", "copy_", "pickle"])
def test_a_mode_catches_a_lost_gradient(name):
    """A layer that has gradients when simply called must have them in a mode, too."""
    case = next(c for c in cases_for(MODES[name], "full") if c.config.kind == "lstm")
    comparison = check(in_mode(Candidate("detached", Detached), name), case)
    assert comparison.verdict.fails
    assert "gradient" in str([t.reason for t in comparison.tensors.values()]) + comparison.message


@pytest.mark.parametrize("name", [name for name in WRONG_IN if not name.startswith("threads")])
def test_simply_called_it_is_right(name):
    """What a mode catches is caught by nothing else: simply called, those layers agree."""
    case = next(c for c in cases_for(MODES["twice"], "full") if c.config.kind == "lstm")
    verdict = check(Candidate(name, WRONG_IN[name]), case).verdict
    # But for this one, which every comparison catches.
    assert verdict == Verdict.ERROR if name == "unchanged" else not verdict.fails


@pytest.mark.parametrize("name", MODES)
def test_a_modes_cases_cover_its_options(name):
    """At level full, every value of every option that a mode takes is on one of its cases."""
    cases = cases_for(MODES[name], "full")
    assert {case.config.kind for case in cases} == {"rnn", "lstm", "gru"}
    assert len(cases) >= len(OPTIONS["equations"])
    assert all(MODES[name].takes(case) for case in cases)
    assert cases_for(MODES[name], "quick") or MODES[name].slow


def test_what_torch_declines_is_told_from_what_went_wrong():
    """torch's word that it has no support is `unsupported`; anything else is an error."""
    assert declines(NotImplementedError("forward AD"))
    assert declines(RuntimeError("Batching rule not implemented for aten::lstm.input"))
    assert not declines(RuntimeError("Expected hidden[0] size (1, 4, 5), got [1, 4, 6]"))
    assert not declines(ZeroDivisionError())


def test_an_unsupported_mode_says_so_in_torchs_words():
    """Whether vmap has a rule for torch's own layers, the row sees by itself, and says it."""
    needed("torch.func.vmap")
    comparison = check(in_mode(NN, "vmap"), cases_for(MODES["vmap"], "quick")[0])
    try:
        torch.vmap(torch.nn.RNN(3, 5))(torch.zeros(2, 7, 3))
        said = ""
    except RuntimeError as error:
        said = str(error).splitlines()[0].partition(" for ")[0]
    assert (comparison.verdict == Verdict.UNSUPPORTED) == bool(said)
    assert said in comparison.message
