"""The comparison bit for bit sees one bit, in whatever tensor it is, and the sign of a zero."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.candidates.candidate import loops
from rnn_manual.candidates.errors import ProcessEnded
from rnn_manual.candidates.process.process import Answer
from rnn_manual.config import Config
from rnn_manual.judge import bits
from rnn_manual.parity import Case, Verdict

CASE = Case(Config("lstm", 3, 5))


@pytest.fixture
def torch_gives(monkeypatch):
    """Has the loops stand in for torch.nn, one of their tensors changed."""

    def altered(name, change):
        def ask(candidate, function, case, environment):
            assert environment == {"MKL_CBWR": "COMPATIBLE"}
            _, ours = function(loops, case)
            tensor = ours.tensors[name].copy()
            tensor.flat[0] = change(tensor.flat[0])
            return Answer((replace(ours, tensors=ours.tensors | {name: tensor}), ours))

        monkeypatch.setattr(bits, "ask", ask)

    return altered


NAMES = ["out", "h_n", "c_n", "grad input", "grad h_0", "grad c_0", "grad weight_hh_l0"]


@pytest.mark.parametrize("name", NAMES)
def test_one_bit_differs(torch_gives, name):
    """A number next to the right one is not the right one."""
    torch_gives(name, lambda x: np.nextafter(x, np.float32(9)))
    compared = bits.check_bits(CASE)
    assert [n for n, t in compared.tensors.items() if t.verdict.fails] == [name]
    assert compared.where.tensor == name


def test_the_same_bits_are_identical(torch_gives):
    """And what was not changed is identical."""
    torch_gives("out", lambda x: x)
    assert bits.check_bits(CASE).verdict == Verdict.IDENTICAL


def test_the_sign_of_a_zero_differs(torch_gives):
    """Equal, and yet another number: 1/0 and 1/-0 are infinities apart."""
    relu = Case(Config("rnn", 3, 5, nonlinearity="relu"))
    torch_gives("out", lambda x: -x)
    for seed in range(20):
        case = replace(relu, seed=seed)
        if bits.without_onednn(loops, case).tensors["out"].flat[0] == 0:
            break
    compared = bits.check_bits(case)
    assert compared.tensors["out"].reason == "the sign of a zero"
    assert compared.verdict == Verdict.DIFFERS


def test_a_process_that_ends_is_an_error(monkeypatch):
    """Where torch.nn itself ends the process, the case has failed."""
    ended = Answer(error=ProcessEnded("ended its process with exit code -11 (SIGSEGV)"))
    monkeypatch.setattr(bits, "ask", lambda *_, **__: ended)
    assert bits.check_bits(CASE).verdict == Verdict.ERROR


def test_loops_that_have_no_gradients_are_an_error(monkeypatch):
    """Else a layer would agree with them that was not compared."""
    broken = replace(bits.without_onednn(loops, CASE), broken="NotImplementedError")
    monkeypatch.setattr(bits, "ask", lambda *_, **__: Answer((broken, broken)))
    with pytest.raises(RuntimeError, match="the loops themselves give no gradients of LSTM"):
        bits.check_bits(CASE)


def test_bits_are_compared_on_one_path_only(monkeypatch):
    """On another device or kind of machine nothing is asserted, and the reason is said."""
    assert "x86-64 only" in bits.why_not_here("cuda")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert "x86-64 only" in bits.why_not_here("cpu")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert bits.why_not_here("cpu") == ""
