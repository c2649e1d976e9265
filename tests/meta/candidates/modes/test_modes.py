"""Each mode is seen to catch a layer that is wrong in it, and to run on what shows its options."""

import pytest
import torch

from rnn_manual.candidates.candidate import NN, Candidate
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.candidates.torch_versions import needed
from rnn_manual.cases.levels import is_of
from rnn_manual.cases.options import case_of, is_feasible, options_of
from rnn_manual.cases.selection import OPTIONS
from rnn_manual.parity import Verdict, check
from tests.meta.candidates.modes.wrong_in_modes import (
    NOT_PLANTED,
    WRONG_IN,
    Detached,
    PreparedAsItLoads,
    StaleInInference,
    plainest,
)
from tests.meta.candidates.right.classes import PlainLSTM


def test_no_mode_is_left_out():
    """Every mode has a layer that is wrong in it, or a reason why not."""
    assert WRONG_IN.keys() | NOT_PLANTED.keys() == MODES.keys()


@pytest.mark.filterwarnings("ignore")  # compilers and exporters warn of their own ways
@pytest.mark.parametrize("name", WRONG_IN)
def test_a_mode_catches_what_is_wrong_in_it(name):
    """A layer that is wrong in one mode only fails there, on the plainest case already."""
    wrong = WRONG_IN[name]
    # What takes a process of its own, only a name can be found in.
    subject = f"{wrong.__module__}:{wrong.__name__}" if MODES[name].environment else wrong
    comparison = check(
        Candidate(wrong.__name__, subject), plainest(name), mode=name, formulas=False
    )
    if comparison.verdict == Verdict.UNSUPPORTED and (said := absent(name)):
        pytest.skip(said)
    assert comparison.verdict == Verdict.DIFFERS, str(comparison)


@pytest.mark.parametrize("name", ["data", "copy_", "step"])
def test_what_was_prepared_as_it_loaded_is_stale(name):
    """Weights that change in place later are not loaded anew."""
    comparison = check(PreparedAsItLoads, plainest(name), mode=name, formulas=False)
    assert comparison.verdict == Verdict.DIFFERS, str(comparison)
    assert not check(PreparedAsItLoads, plainest(name), formulas=False).verdict.fails


class WithMore(torch.nn.LSTM):
    """Whose state_dict holds what is no tensor."""

    def get_extra_state(self):
        return {"version": 2}

    def set_extra_state(self, state):
        assert state == {"version": 2}

    def _load_from_state_dict(self, state, prefix, *args):
        state.setdefault(f"{prefix}_extra_state", {"version": 2})
        super()._load_from_state_dict(state, prefix, *args)


@pytest.mark.parametrize("name", ["copy_", "load_state_dict", "deepcopy"])
def test_a_state_dict_may_hold_more_than_tensors(name):
    """As a class may have it."""
    comparison = check(WithMore, plainest("copy_"), mode=name, formulas=False)
    assert comparison.verdict in (Verdict.WITHIN, Verdict.IDENTICAL), str(comparison)


def absent(name):
    """What torch says if it is the version that has no such mode; nothing where it has."""
    said = check(NN, plainest(name), mode=name).message
    lacks = ("has no ", "not yet supported", "the target dtype is not", "could not create a")
    return said if any(words in said for words in lacks) else ""


def test_what_was_compiled_for_other_vectors_is_not_run(monkeypatch):
    """The cache of torch.compile on disk is asked for this instruction set's programs only."""
    config = needed("torch.compiler.config")
    monkeypatch.setattr(config, "cache_key_tag", "mine")
    monkeypatch.setattr(torch, "compile", lambda layer, **settings: layer)
    for _ in range(2):
        check(PlainLSTM, plainest("compile"), mode="compile", formulas=False)
        # Afterwards, too: the way back is compiled when it is first taken.
        assert config.cache_key_tag == f"mine {torch.backends.cpu.get_cpu_capability()}"


@pytest.mark.parametrize("name", ["deepcopy", "copy_", "pickle"])
def test_a_mode_catches_a_lost_gradient(name):
    """A layer that has gradients when simply called must have them in a mode, too."""
    comparison = check(Candidate("detached", Detached), plainest(name), mode=name)
    assert comparison.verdict.fails
    assert "lost in this mode" in str([t.reason for t in comparison.tensors.values()])


@pytest.mark.parametrize("name", [mode.name for mode in MODES.values() if mode.after_a_call])
def test_what_is_kept_for_inference_is_seen_there(name):
    """In training such a layer is right, and on the plainest case of each of these modes."""
    cases = {case.training: case for case in MODES[name].cases("quick")}
    kept = Candidate("stale in inference", StaleInInference)
    assert not check(kept, cases[True], mode=name).verdict.fails
    assert check(kept, cases[False], mode=name, formulas=False).verdict.fails


def test_a_layer_without_gradients_loses_none():
    """What a layer does not give when it is simply called, a mode has not lost."""

    class Bare(torch.nn.LSTM):
        def forward(self, input, hx=None):
            with torch.no_grad():
                return super().forward(input, hx)

    comparison = check(Bare, plainest("deepcopy"), mode="deepcopy")
    assert not comparison.verdict.fails
    assert "gradients: not compared (no gradient at all)" in str(comparison)


@pytest.mark.parametrize("name", [name for name in WRONG_IN if not name.startswith("threads")])
def test_simply_called_it_is_right(name):
    """What a mode catches is caught by nothing else: simply called, those layers agree."""
    # (Of numbers: formulas are those with oneDNN off, where one of these layers is wrong.)
    called = check(Candidate(name, WRONG_IN[name]), plainest("deepcopy"), formulas=False)
    assert not called.verdict.fails


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("level", ["standard", "full"])
def test_a_modes_cases_cover_its_options(name, level):
    """Every value of every option that a mode takes is on one of its cases; two at level full."""
    mode = MODES[name]
    cases = mode.cases(level)
    assert cases
    assert all(mode.takes(case) for case in cases)
    if level == "standard" and (mode.slow or mode.slowest):
        return
    assert {case.config.kind for case in cases} == {"rnn", "lstm", "gru"}
    shown = [options_of(case) for case in cases]
    plain = options_of(plainest(name))
    for option, values in (OPTIONS | dict(mode.sizes)).items():
        possible = {value for value in values if possible_in(mode, plain | {option: value})}
        assert possible <= {row[option] for row in shown}, option


@pytest.mark.parametrize("dtype", ["", "float32", "float64"])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_of_what_is_asked_for_a_mode_has_every_option(kind, dtype):
    """So that of a class of one kind, and of one dtype, nothing of a mode goes without a look."""
    for mode in MODES.values():
        cases = mode.cases(kind=kind, dtype=dtype)
        at_full = [c for c in mode.cases("full") if is_of(c, {kind}, {dtype} - {""})]
        assert cases or not at_full, mode.name
        assert set(mode.cases()) & set(at_full) <= set(cases)
        assert all(mode.takes(case) and is_of(case, {kind}, {dtype} - {""}) for case in cases)
        if not cases or mode.slow or mode.slowest:
            assert len(cases) <= 1
            continue
        shown = [options_of(case) for case in cases]
        for option in OPTIONS.keys() - {"equations", "dtype"}:
            values = {**OPTIONS, **mode.sizes}[option]
            possible = {v for v in values if possible_in(mode, shown[0] | {option: v})}
            assert possible <= {row[option] for row in shown}, (mode.name, option)
        if possible_in(mode, shown[0] | {"batch_first": True, "layout": "batched"}):
            told = [case for case in cases if case.batch_axis == 0]
            assert any(c.seq_len != c.batch_size > 1 for c in told), mode.name


def possible_in(mode, row):
    return is_feasible(row) and mode.takes(case_of(**row))


def test_a_function_is_run_in_what_needs_no_module():
    """Threads, kernels, rows and pieces are asked of functions, too; copies of a module are not."""
    for name in ("threads-1", "threads-2", "onednn-off", "rows", "pieces", "checkpoint", "compile"):
        wrong = check(wrong_on_one_row, plainest(name), mode=name)
        assert wrong.verdict in (Verdict.IDENTICAL, Verdict.WITHIN, Verdict.DIFFERS)
    assert check(wrong_on_one_row, plainest("rows"), mode="rows").verdict == Verdict.DIFFERS
    declined = check(wrong_on_one_row, plainest("deepcopy"), mode="deepcopy")
    assert declined.message == "a mode for torch.nn, and classes"


def wrong_on_one_row(module):
    """Right, but for a batch of one."""

    def call(input, hx=None):
        out, state = module(input, hx)
        return (out * 2 if input.dim() == 3 and input.shape[1] == 1 else out), state

    return call


@pytest.mark.filterwarnings("ignore")
def test_an_exporter_leaves_a_layer_in_eval():
    """What is exported stands as the layer does: an exporter puts all of it back to that."""
    case = case_of(equations="rnn tanh", dropout="0.3, eval", num_layers=2)
    comparison = check(torch.nn.RNN, case, mode="onnx-torchscript")
    assert comparison.verdict != Verdict.ERROR, comparison.message


def test_a_sentence_says_by_itself_what_a_mode_does():
    """A failure tells it alone: it names no other mode, and nothing that stands above it."""
    for mode in MODES.values():
        assert not {"same", "such"} & set(mode.sentence.split()), mode.name
        others = {name for name in MODES if "-" in name} - {mode.name}
        assert not others & set(mode.sentence.replace(",", "").split()), mode.name
