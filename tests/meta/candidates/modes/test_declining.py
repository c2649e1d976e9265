"""What torch or a layer declines in a mode is told from what goes wrong there."""

import pytest
import torch

from rnn_manual.candidates.candidate import NN, torch_nn
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.candidates.declining import declines
from rnn_manual.candidates.errors import SCRIPTED, in_one_line
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.torch_versions import needed
from rnn_manual.cases.options import case_of
from rnn_manual.parity import Unsupported, Verdict, check
from tests.meta.candidates.modes.wrong_in_modes import plainest
from tests.meta.candidates.right.classes import PlainLSTM


def test_what_torch_declines_is_told_from_what_went_wrong():
    """torch's word that it has no support is `unsupported`; anything else is an error."""
    assert declines(NotImplementedError("forward AD"))
    assert declines(RuntimeError("Batching rule not implemented for aten::lstm.input"))
    assert not declines(RuntimeError("Expected hidden[0] size (1, 4, 5), got [1, 4, 6]"))
    assert not declines(ZeroDivisionError())
    twice = "torch.compile with aot_autograd does not currently support double backward"
    assert declines(RuntimeError(twice))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", f"{SCRIPTED}, which says no more"),
        ("no such gate", "no such gate"),
        ("bad input:\nsee http://x.y/z", "bad input: see http://x.y/z"),
        ("the input is bad\nsee the manual", "the input is bad see the manual"),
    ],
)
def test_what_torchscript_says_is_told_without_its_traceback(said, told):
    """Where it says nothing, a mode in which torch stops the layer in its midst is declined."""
    traceback = "Traceback of TorchScript (most recent call last):\n  File f, line 1\n    g: x\n"
    error = RuntimeError(f"{SCRIPTED}.\n{traceback}RuntimeError: {said}\n")
    assert in_one_line(error) == f"RuntimeError: {told}"
    assert MODES["checkpoint"].declines(error, torch.nn.LSTM) == (not said)
    assert not MODES["deepcopy"].declines(error, torch.nn.LSTM)


def zeros(x: torch.Tensor) -> torch.Tensor:
    return x.sigmoid().tanh() * 0


def with_torchscript(module):
    scripted = torch.jit.script(zeros)

    def call(x, hx=None):
        out, state = module(x, hx)
        return out + scripted(out), state

    return call


@pytest.mark.filterwarnings("ignore")  # of TorchScript itself
def test_torchscript_in_a_checkpoint_is_declined_and_not_called_wrong():
    """torch itself raises there, without a word."""
    found = check(with_torchscript, plainest("checkpoint"), mode="checkpoint", formulas=False)
    assert not found.verdict.fails, str(found)
    assert not check(with_torchscript, plainest("deepcopy"), formulas=False).verdict.fails


def test_an_unsupported_mode_says_so_in_torchs_words():
    """Whether vmap has a rule for torch's own layers, the row sees by itself, and says it."""
    needed("torch.func.vmap")
    comparison = check(NN, plainest("vmap"), mode="vmap")
    try:
        torch.vmap(torch.nn.RNN(3, 5))(torch.zeros(2, 7, 3))
        said = ""
    except RuntimeError as error:
        said = str(error).splitlines()[0].partition(" for ")[0]
    assert (comparison.verdict == Verdict.UNSUPPORTED) == bool(said)
    assert said in comparison.message


def test_python_that_torchscript_cannot_read_is_no_fault():
    """A class whose forward TorchScript cannot compile has that mode unsupported, in its words."""
    comparison = check(PlainLSTM, plainest("jit.script"), mode="jit.script")
    assert comparison.verdict == Verdict.UNSUPPORTED
    assert "RuntimeError: " in comparison.message


def test_torch_itself_has_no_such_excuse():
    """What torch.nn raises in a mode that torch translates is an error, unless torch says why."""
    mode = MODES["export"]
    error = ZeroDivisionError()
    assert mode.declines(error, PlainLSTM)
    assert not mode.declines(error, torch_nn)
    assert mode.declines(NotImplementedError(), torch_nn)


def test_a_function_declines_a_mode():
    """By the same attribute."""

    def build(module):
        return module

    build.unsupported_modes = {"checkpoint": "it keeps no graph"}
    declined = check(build, plainest("checkpoint"), mode="checkpoint")
    assert (declined.verdict, declined.message) == (Verdict.UNSUPPORTED, "it keeps no graph")
    assert check(build, plainest("rows"), mode="rows").verdict != Verdict.UNSUPPORTED


def test_a_class_declines_a_mode():
    """By an attribute, with its reason; other modes are run."""

    class Declining(torch.nn.LSTM):
        unsupported_modes = {"pickle": "it holds a socket"}  # noqa: RUF012 - as anybody writes it

    declined = check(Declining, plainest("pickle"), mode="pickle")
    assert (declined.verdict, declined.message) == (Verdict.UNSUPPORTED, "it holds a socket")
    assert check(Declining, plainest("deepcopy"), mode="deepcopy").verdict != Verdict.UNSUPPORTED


def test_what_a_mode_cannot_read_is_no_fault_of_a_layer_that_is_not_torchs():
    """Of torch's own it is one."""

    def fails(built):
        raise ValueError("a construct that is not read here")

    reads = Mode("reads", "reads the layer", fails, translates=True)
    case = case_of(equations="lstm")
    with pytest.raises(Unsupported, match="not read here"):
        run_candidate(PlainLSTM, case, mode=reads)
    with pytest.raises(ValueError, match="not read here"):
        run_candidate(torch_nn, case, mode=reads)
