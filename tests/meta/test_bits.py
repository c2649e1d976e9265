"""The comparison bit for bit sees one bit, in whatever tensor it is, and the sign of a zero."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.candidates.candidate import LOOPS
from rnn_manual.candidates.process import Died
from rnn_manual.parity import Verdict, judge, select

CASE = select("quick", kinds=["lstm"], dtypes=["float32"])[0]


@pytest.fixture
def torch_gives(monkeypatch):
    """Has the loops stand in for torch.nn, one of their tensors changed."""

    def altered(name, change):
        def somewhere(candidate, function, case):
            result = function(LOOPS, case)
            tensor = result.tensors[name].copy()
            tensor.flat[0] = change(tensor.flat[0])
            return replace(result, tensors=result.tensors | {name: tensor})

        monkeypatch.setattr(judge, "somewhere", somewhere)

    return altered


NAMES = ["out", "h_n", "c_n", "grad input", "grad h_0", "grad c_0", "grad weight_hh_l0"]


@pytest.mark.parametrize("name", NAMES)
def test_one_bit_differs(torch_gives, name):
    """A number next to the right one is not the right one."""
    torch_gives(name, lambda x: np.nextafter(x, np.float32(9)))
    compared = judge.check_bits(CASE)
    assert [n for n, t in compared.tensors.items() if t.verdict.fails] == [name]
    assert compared.where.tensor == name


def test_the_same_bits_are_identical(torch_gives):
    """And what was not changed is identical."""
    torch_gives("out", lambda x: x)
    assert judge.check_bits(CASE).verdict == Verdict.IDENTICAL


def test_the_sign_of_a_zero_differs(torch_gives):
    """Equal, and yet another number: 1/0 and 1/-0 are infinities apart."""
    relu = next(c for c in select("quick", kinds=["rnn"]) if c.config.nonlinearity == "relu")
    torch_gives("out", lambda x: -x)
    for seed in range(20):
        case = replace(relu, seed=seed)
        if judge.without_onednn(LOOPS, case).tensors["out"].flat[0] == 0:
            break
    compared = judge.check_bits(case)
    assert compared.tensors["out"].reason == "the sign of a zero"
    assert compared.verdict == Verdict.DIFFERS


def test_a_process_that_ends_is_an_error(monkeypatch):
    """Where torch.nn itself ends the process, the case has failed."""

    def somewhere(*arguments):
        raise Died("ended its process with exit code -11 (SIGSEGV)")

    monkeypatch.setattr(judge, "somewhere", somewhere)
    assert judge.check_bits(CASE).verdict == Verdict.ERROR
