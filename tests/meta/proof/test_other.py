"""What computes another formula is told so, where it begins, and what it computes instead."""

from functools import cache

import pytest
import torch

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.cases.options import is_telling
from rnn_manual.judge import prove as judge
from rnn_manual.mistakes import MISTAKES, equations, states, weights
from rnn_manual.parity import Unsupported, Verdict, check, prove, select
from tests.meta.candidates.right import PlainLSTM
from tests.meta.proof.small import shown_on, small

# Mistake → the quantity that is another, its layer, direction and step, on the smallest case that
# shows it. Where a quantity is summed or moved only, the first result that holds others.
PLACES = {
    "nothing_for_out_alone": ("dc'", 0, "forward", 2),
    "nothing_for_h_n_alone": ("dc'", 0, "forward", 2),
    "outputs_kept_by_reference": ("dh'", 0, "forward", 2),
    "dropout_left_out": ("a_i", 1, "forward", 0),
    "dropout_left_out_of_inference": ("a_i", 1, "forward", 0),
    "small_inputs_flushed": ("a_i", 0, "forward", 0),
    "dropout_after_the_last": ("out", None, None, None),
    "other_nonlinearity": ("h'", 0, "forward", 0),
    "c_not_squashed": ("tanh(c')", 0, "forward", 0),
    "g_under_sigmoid": ("g", 0, "forward", 0),
    "i_left_out": ("c'", 0, "forward", 0),
    "forget_bias_of_1": ("f", 0, "forward", 0),
    "gates_coupled": ("c'", 0, "forward", 0),
    "z_lets_in": ("h'", 0, "forward", 0),
    "reset_before_the_matmul": ("a_n", 0, "forward", 0),
    "b_hn_outside_the_reset": ("a_n", 0, "forward", 0),
    "r_left_out": ("a_n", 0, "forward", 0),
    "gradient_cut_between_steps": ("dh", 0, "forward", 2),
    "dropout_mask_forgotten": ("dc'", 0, "forward", 2),
    "recurrent_term_missing": ("dh'", 0, "forward", 1),
    "tanh_derivative_at_the_state_before": ("da", 0, "forward", 2),
    "dc_through_h_missing": ("dc'", 0, "forward", 2),
    "g_derivative_of_sigmoid": ("da_g", 0, "forward", 2),
    "i_and_f_derivatives_exchanged": ("da_i", 0, "forward", 2),
    "dn_not_scaled_by_r": ("dh'", 0, "forward", 1),
    "d_h_n_dropped": ("dh'", 0, "forward", 2),
    "d_c_n_dropped": ("dc'", 0, "forward", 2),
    "d_h_n_of_lower_layers_dropped": ("dh'", 0, "forward", 2),
    "d_h_n_of_shorter_sequences_dropped": ("dh'", 0, "forward", 0),  # lengths 3, 3, 1
    "gradients_doubled": ("grad weight_ih_l0", 0, "forward", None),
    "dx_of_the_backward_direction_lost": ("grad input", None, None, None),
    "d_h_0_left_sorted": ("grad h_0", None, None, None),
    "weight_gradients_overwritten": ("grad weight_hh_l0", 0, "forward", None),
    "bias_gradient_along_the_wrong_axis": ("grad bias_ih_l0", 0, "forward", None),
    "forward_half_only": ("a_i", 1, "forward", 0),
    "layers_read_layer_0": ("a_i", 2, "forward", 0),
    "state_runs_on_upwards": ("a_i", 1, "forward", 0),
    "state_kept": ("a_i", 0, "forward", 0),
    "state_kept_without_gradients": ("a_i", 0, "forward", 0),
    "states_of_one_length_exchanged": ("a_i", 0, "forward", 0),
    "nothing_for_expanded": ("dh'", 0, "forward", 2),
    "gradients_read_without_gaps": ("dh'", 0, "forward", 2),
    "sent_back_twice": ("grad input", None, None, None),
    "mode_kept": ("a_i", 1, "forward", 0),
    "h_0_ignored": ("a_i", 0, "forward", 0),
    "c_0_ignored": ("c'", 0, "forward", 0),
    "h_0_and_c_0_exchanged": ("a_i", 0, "forward", 0),
    "ones_for_no_state": ("h_n", 0, "forward", None),
    "h_n_and_c_n_exchanged": ("h_n", 0, "forward", None),
    "state_shared_by_all": ("a_i", 1, "forward", 0),
    "h_0_rows_direction_major": ("a_i", 0, "backward", 2),
    "h_n_rows_direction_major": ("h_n", 0, "backward", None),
    "h_n_is_last_step_of_out": ("h_n", 0, "backward", None),
    "packed_state_not_sorted": ("a_i", 0, "forward", 0),
    "first_row_state_for_all": ("a_i", 0, "forward", 0),
    "all_walked_from_the_end": ("a_i", 0, "forward", 0),
    "padding_walked": ("h_n", 0, "forward", None),
    "backward_not_reversed": ("a_i", 0, "backward", 2),
    "backward_not_turned_back": ("out", None, None, None),
    "last_step_skipped": ("a_i", 0, "forward", 2),
    "batch_and_time_exchanged": ("a_i", 0, "forward", 0),
    "batch_first_ignored": ("a_i", 0, "forward", 0),
    "gates_i_f_exchanged": ("c'", 0, "forward", 0),
    "gates_i_g_exchanged": ("i", 0, "forward", 0),
    "gates_i_o_exchanged": ("c'", 0, "forward", 0),
    "gates_f_g_exchanged": ("f", 0, "forward", 0),
    "gates_f_o_exchanged": ("c'", 0, "forward", 0),
    "gates_g_o_exchanged": ("g", 0, "forward", 0),
    "gates_r_z_exchanged": ("a_n", 0, "forward", 0),
    "gates_r_n_exchanged": ("a_r", 0, "forward", 0),
    "gates_z_n_exchanged": ("a_z", 0, "forward", 0),
    "bias_ih_dropped": ("a_i", 0, "forward", 0),
    "bias_hh_dropped": ("a_i", 0, "forward", 0),
    "weight_hh_transposed": ("a_i", 0, "forward", 0),
    "weight_off_by_1e_2": ("a_i", 0, "forward", 0),
    "no_recurrence": ("a_i", 0, "forward", 0),
    "one_set_of_weights": ("a_i", 0, "backward", 2),
    "lowest_layer_not_trained": ("dh'", 0, "forward", 2),
}
# What is wrong in another way than in its formulas, and what is told of it.
CAST = "but for a cast to a narrower format: rounded.py:"
TOLD = {
    **{name: CAST for name in MISTAKES if "rounded" in name or name == "float64_in_float32"},
    "nothing_for_plain_input": "but for gradients that are not there, as grad weight_ih_l0",
    "nothing_if_frozen": "but for gradients that are not there, as grad input",
    "frozen_with_the_others": "but for gradients that are not there, as grad weight_hh_l0",
    "w_hh_differentiable_once": "second derivatives are held as numbers only",
}
# What is wrong in what a call leaves behind, which the run on residues sees as any run does.
OPEN = {
    "dropout_in_eval": "left torch's random generator in another state",
    "h_0_overwritten": "changed its h_0 in place",
    "bias_changed": "changed its bias_ih_l0 in place",
    "input_made_a_leaf": "changed requires_grad of its input",
    "state_made_a_leaf": "changed requires_grad of its h_0",
    "activations_clipped": "no rule for aten::clamp: clamped from above",
    "gradients_clipped": "no rule for aten::clamp: clamped from above",
    "hook_left": "left its module with other hooks",
    "buffer_registered": "left its module with other names in its state_dict",
    "generator_moved": "left torch's random generator in another state",
    "other_generators_seeded": "left NumPy's random generator in another state",
    "default_dtype_left": "left torch's default dtype",
    "gradients_left_on": "left torch's grad mode",
    "graph_without_gradients": "out requires a gradient",
    "grad_written": "changed the .grad of its weight_ih_l0",
    "onednn_left_off": "left torch's use of oneDNN",
    "returned_in_a_list": "returned a list of 2",
    "h_n_a_view_of_out": "out shares memory with h_n",
    "h_n_in_the_place_of_h_0": "h_n shares memory with h_0",
    "results_overwritten": "changed the out that it returned in place at another call",
    "results_kept_by_address": "values left torch and came back: memory.py:",
}
# Masks, which are compared only where nn draws them: tests/test_n_dropout.py judges these.
MASKS = {name for name, m in MISTAKES.items() if m.wrong.__module__.endswith(".masks")} | {
    name for name, m in MISTAKES.items() if "_masks" in m.wrong.__qualname__
}


@cache
def formula(name):
    mistake = MISTAKES[name]
    return prove(mistake, shown_on(mistake)).formula


def test_every_mistake_has_a_place_or_is_told_otherwise():
    """Each mistake of the dictionary is in one of the lists, and in no two."""
    lists = [set(PLACES), set(TOLD), set(OPEN), MASKS]
    assert sorted(name for names in lists for name in names) == sorted(MISTAKES)


@pytest.mark.parametrize("name", PLACES)
def test_a_mistake_is_another_formula_and_is_placed(name):
    """Its verdict is other, its numbers in float64 differ, and it begins where the table says."""
    found = formula(name)
    assert found.verdict == "other", found
    assert found.differs
    where = found.where
    assert (where.quantity, where.layer, where.direction, where.step) == PLACES[name]


# But for second derivatives, which are held as numbers only; and for sizes that take long.
ELSEWHERE = select(
    "quick",
    notes=None,
    where=lambda case: (
        is_telling(case)
        and case.call != "second derivatives"
        and sum(case.lengths) * case.config.hidden_size * case.config.num_rows < 1000
    ),
)


@pytest.mark.parametrize("name", PLACES)
def test_a_mistake_is_another_formula_on_other_cases_too(name):
    """Of any layout, call and size that shows it; or what it leaves behind ends the run before."""
    mistake = MISTAKES[name]
    shown = [case for case in ELSEWHERE if mistake.shows(case)]
    for case in shown[:: max(1, len(shown) // 3)]:
        found = judge.formula_of(Candidate(name, mistake), case, explained=False)
        assert found.verdict == "other" or "random generator" in found.reason, case.id


@pytest.mark.parametrize("name", TOLD)
def test_what_a_proof_leaves_out_is_told(name):
    """What is cast is named with its line; so are the gradients that are not there."""
    found = formula(name)
    assert found.verdict == "proved"
    assert TOLD[name] in found.reason


@pytest.mark.parametrize("name", OPEN)
def test_what_a_call_leaves_behind_is_open(name):
    """It is seen on residues too, and the reason says what it was."""
    found = formula(name)
    assert found.verdict == "open"
    assert OPEN[name] in found.reason


@pytest.mark.parametrize("name", sorted(MASKS))
def test_masks_of_ones_own_are_not_compared(name):
    """Where masks are random, a candidate that is not nn is not judged by its formulas."""
    with pytest.raises(Unsupported, match="dropout masks can be compared only where nn draws them"):
        formula(name)


def test_what_stands_there_instead_is_named():
    """For at least 4 in 5 of the mistakes in equations, states and weights; these two are not."""
    rooms = {room.__name__ for room in (equations, states, weights)}
    asked = {name for name in PLACES if MISTAKES[name].wrong.__module__ in rooms}
    assert len(asked) > 30
    unnamed = {
        name
        for name in asked
        if not formula(name).instead or "another than" in formula(name).instead
    }
    assert unnamed == {"ones_for_no_state", "weight_off_by_1e_2"}
    assert 5 * len(unnamed) <= len(asked)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gates_i_f_exchanged", "c' of layer 0, forward, step 0 (the first it processes) is "
         "i·c + f·g, expected f·c + i·g"),
        ("z_lets_in", "z·n + h·(1 - z), expected n + z·(h - n)"),
        ("r_left_out", "W_in x + b_in + W_hn h + b_hn, expected W_in x + b_in + r·(W_hn h + b_hn)"),
        ("bias_hh_dropped", "W_ii x + W_hi h + b_ii, expected W_ii x + b_ii + W_hi h + b_hi"),
        ("state_kept", "is W_ii x + W_hi h_n[0] of the call before + b_ii + b_hi, expected"),
        ("h_n_and_c_n_exchanged", "h_n[0, 0, 0] is c' of layer 0, forward, step 2"),
        ("gradients_doubled", "grad weight_ih_l0 is twice what is expected"),
        ("g_derivative_of_sigmoid", "da_g of layer 0, forward, step 2 (the first it processes) is "
         "another than expected: dc'·i·(1 - g²)"),
    ],
)  # fmt: skip
def test_what_stands_there_is_said_in_the_loops_letters(name, words):
    """As one would write it on paper, with what is expected beside it."""
    assert words in formula(name).instead


class OneWeightOff(PlainLSTM):
    """One weight is off by 10⁻¹², which no bfloat16 can show."""

    def step(self, x, w, h, c):
        W_ih, W_hh, b_ih, b_hh = w
        W_hh = W_hh.clone()
        W_hh[1, 0] += 1e-12
        return super().step(x, (W_ih, W_hh, b_ih, b_hh), h, c)


class DoubledGradients(PlainLSTM):
    """The value of a weight, and twice its gradient."""

    def step(self, x, w, h, c):
        W_ih, *others = w
        return super().step(x, (W_ih + (W_ih - W_ih.detach()), *others), h, c)


def test_a_weight_off_by_1e_12_in_bfloat16_fails_by_its_formula_alone():
    """Its numbers are well within what bfloat16 rounds; it differs, with its place and line."""
    case = small("lstm", dtype="bfloat16")
    assert not check(OneWeightOff, case, formulas=False).verdict.fails
    found = check(OneWeightOff, case)
    assert found.verdict == Verdict.DIFFERS
    where = found.formula.where
    assert (where.quantity, where.layer, where.direction, where.step) == ("a_i", 0, "forward", 0)
    assert where.line.startswith("right.py:")
    assert "i, f, g, o = (x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh)" in where.line
    assert "in unit 1" in found.formula.instead


def test_doubled_gradients_in_bfloat16_fail():
    """And the weight whose gradient it is, is named."""
    found = check(DoubledGradients, small("lstm", dtype="bfloat16"))
    assert found.verdict == Verdict.DIFFERS
    assert found.formula.differs == ("grad weight_ih_l0",)
    assert found.formula.where.quantity == "grad weight_ih_l0"
    assert "twice what is expected" in found.formula.instead


class WithinRounding(PlainLSTM):
    """Another formula, whose numbers no float64 can tell from the right ones."""

    def step(self, x, w, h, c):
        h, c = super().step(x, w, h, c)
        return h, c + 1e-300 * c * c


def test_another_formula_with_the_same_numbers_passes_and_is_told():
    """What is off by less than float64 rounds is an approximation, and no fault."""
    case = small("lstm", dtype="float64")
    found = check(WithinRounding, case)
    assert not found.verdict.fails
    assert (found.formula.verdict, found.formula.differs) == ("other", ())
    assert "computed in float64, it gives the same numbers" in str(prove(WithinRounding, case))


def test_an_identity_that_is_not_known_passes():
    """exp(2x) = exp(x)² is not known: tanh by exp(x) and exp(-x) is another formula, and right."""

    class ByExp(PlainLSTM):
        def step(self, x, w, h, c):
            h, _, o, c = self.all(x, w, h, c)
            e, f = torch.exp(c), torch.exp(-c)
            return o * (e - f) / (e + f), c

        def all(self, x, w, h, c):
            W_ih, W_hh, b_ih, b_hh = w
            i, f, g, o = (x @ W_ih.t() + b_ih + h @ W_hh.t() + b_hh).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return h, g, torch.sigmoid(o), c

    found = prove(ByExp, small("lstm")).formula
    assert (found.verdict, found.differs) == ("other", ())
    assert found.where.quantity == "tanh(c')"


def test_a_failing_search_hides_no_verdict(monkeypatch):
    """If placing raises, the verdict stands, and that it raised is told."""

    def broken(*_):
        raise IndexError("out of range")

    monkeypatch.setattr(judge, "locate", broken)
    mistake = MISTAKES["h_0_ignored"]
    found = prove(mistake, shown_on(mistake)).formula
    assert found.verdict == "other"
    assert found.differs
    assert "not placed, for that raised IndexError: out of range" in found.reason


def test_a_failing_replay_claims_no_identity(monkeypatch):
    """If the run in float64 raises, nobody says that its numbers are the same."""

    def broken(*_):
        raise ValueError("no numbers")

    monkeypatch.setattr(judge, "replayed", broken)
    mistake = MISTAKES["h_0_ignored"]
    found = prove(mistake, shown_on(mistake))
    assert "not computed in float64, where it raised ValueError: no numbers" in found.formula.reason
    assert "the same numbers" not in str(found)


@pytest.mark.parametrize(("layer", "direction", "step"), [(0, 0, 2), (1, 1, 1)])
def test_one_wrong_step_is_placed(layer, direction, step):
    """In an inner layer, on the way back, at one step alone."""
    counts = {(k, d): 0 for k in range(2) for d in range(2)}

    class WrongOnce(PlainLSTM):
        def _run(self, *given):
            counts.update(dict.fromkeys(counts, 0))
            return super()._run(*given)

        def _weights(self, k, d):
            self.now = (k, d)
            return super()._weights(k, d)

        def step(self, x, w, h, c):
            counts[self.now] += 1
            processed = 3 - step if direction else step + 1
            if self.now == (layer, direction) and counts[self.now] == processed:
                c = 1.001 * c
            return super().step(x, w, h, c)

    where = prove(WrongOnce, small("lstm", layers=2, bidirectional=True)).formula.where
    named = ("forward", "backward")[direction]
    assert (where.quantity, where.layer, where.direction, where.step) == ("c'", layer, named, step)


def test_torchs_generator_is_left_alone():
    """A proof draws nothing from it."""
    before = torch.get_rng_state()
    formula("h_0_ignored")
    assert torch.equal(before, torch.get_rng_state())
