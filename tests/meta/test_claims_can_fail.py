"""Every claim's test fails by itself, for a mistake that it is there to catch."""

import json
import re

import pytest

from tests.meta.test_verify import rnn_manual

BREAKS = {  # test → the mistake that it must fail for
    "test_the_rnn_cell": "other_nonlinearity",
    "test_only_the_sum_of_the_biases_matters": "bias_ih_dropped",
    "test_the_lstm_gates": "gates_i_f_exchanged",
    "test_the_gru_gates": "gates_r_z_exchanged",
    "test_out_is_the_state_itself": "last_step_skipped",
    "test_weights_fit_any_batch_and_states_do_not": "batch_and_time_exchanged",
    "test_shapes": "h_n_and_c_n_exchanged",
    "test_batch_first_swaps_input_and_out_only": "batch_first_ignored",
    "test_out_splits_by_direction_and_h_n_by_layer": "backward_not_turned_back",
    "test_no_state_means_zeros": "ones_for_no_state",
    "test_every_row_of_the_state_is_used": "state_shared_by_all",
    "test_a_classifier_on_bits_can_be_trained": "no_recurrence",
    "test_the_last_step_is_the_last_state": "h_n_and_c_n_exchanged",
    "test_no_other_step_is": "last_step_skipped",
    "test_out_holds_the_last_layer_only": "h_n_rows_direction_major",
    "test_the_two_directions_end_at_opposite_ends": "backward_not_turned_back",
    "test_out_at_the_last_step_is_not_h_n": "h_n_is_last_step_of_out",
    "test_out_interleaves_the_directions": "backward_not_reversed",
    "test_c_n_is_not_in_out": "h_n_and_c_n_exchanged",
    "test_layers_are_networks_in_a_row": "layers_read_layer_0",
    "test_two_directions_are_two_networks": "one_set_of_weights",
    "test_a_layer_reads_both_directions_of_the_one_below": "forward_half_only",
    "test_step_by_step": "h_0_ignored",
    "test_in_pieces": "h_0_ignored",
    "test_the_layer_is_the_hand_written_loop": "weight_off_by_1e_2",
    "test_the_layer_is_the_loop_on_cases_that_are_drawn": "weight_off_by_1e_2",
    "test_rows_of_the_batch_are_independent": "first_row_state_for_all",
    "test_rows_of_the_batch_may_be_permuted": "batch_and_time_exchanged",
    "test_no_step_knows_a_later_one": "all_walked_from_the_end",
    "test_hidden_units_may_be_permuted": "weight_off_by_1e_2",
    "test_the_biases_of_gate_n_are_not_one": "b_hn_outside_the_reset",
    "test_directions_may_be_exchanged": "one_set_of_weights",
    "test_packed_is_padded_without_the_padding": "packed_state_not_sorted",
    "test_packed_is_every_sequence_alone": "padding_walked",
    "test_gradients_are_those_of_the_walk_taken_backwards": "recurrent_term_missing",
    "test_gradients_are_the_slopes_that_differences_find": "g_derivative_of_sigmoid",
    "test_it_vanishes_or_explodes": "recurrent_term_missing",
    "test_an_open_forget_gate_keeps_it": "d_c_n_dropped",
    "test_the_gradient_crosses_from_call_to_call": "d_h_n_dropped",
    "test_truncated_is_the_sum_of_the_pieces": "gradient_cut_between_steps",
}
ODD_WAYS_BACK = {  # the same, for mistakes that no ordinary case shows, or not by that law
    "test_the_gradient_through_time_is_a_product": "cut_at_the_second_step",
    "test_a_relu_at_zero_lets_nothing_through": "relu_slope_1_at_0",
}
OF_TORCH = {  # about torch's own linear layer; the candidate has no part in them
    "test_linear_acts_on_the_last_axis",
    "test_without_memory_time_may_be_taken_at_once",
    "test_memory_is_one_matmul_of_the_concatenation",
    "test_linear_is_x_times_w_transposed",
}
OF_PARAMETERS = [
    "test_layers_above_read_what_the_one_below_puts_out",
    "test_names_order_and_shapes",
    "test_how_many_parameters",
]
ODD = """
from torch import nn

class Odd(nn.RNN):
    def parameters(self):
        return [p for _, p in self.named_parameters()]

    def named_parameters(self, *args, **kwargs):
        for name, parameter in super().named_parameters(*args, **kwargs):
            yield name, parameter.T
            yield name + "_again", parameter
"""

WAYS_BACK = """
from rnn_manual import Config, run
from rnn_manual.cells import rnn_relu_backward
from rnn_manual.loops import run_direction
from rnn_manual.candidates.by_hand import run_by_hand
from rnn_manual.weights import read_weights

def cut_at_the_second_step(module):
    config, weights = Config.of(module), read_weights(module)

    def walk(ops, cell, *given, backward):
        taken = []

        def watched(ops, w, x, *state):
            taken.append(state)
            return cell(ops, w, x, *(s.detach() if len(taken) == 2 else s for s in state))

        return run_direction(ops, watched, *given, backward)

    return lambda x, hx=None: run(config, weights, x, hx, walk=walk)

def relu_slope_1_at_0(module):
    config, weights = Config.of(module), read_weights(module)

    class Ops:
        def __init__(self, ops):
            self.linear, self.relu = ops.linear, ops.relu
            self.linear_backward = ops.linear_backward

        def relu_backward(self, dy, y):
            return dy * (self.sums >= 0)

    def backward(ops, w, x, h, dh):
        ops = Ops(ops)
        ops.sums = x + ops.linear(h, w.weight_hh, w.bias_hh)
        return rnn_relu_backward(ops, w, x, h, dh)

    return lambda x, hx=None: run_by_hand(config, weights, x, hx, cell_backward=backward)
"""


def failures(tmp_path, candidate, test, *options):
    arguments = ["--candidate", candidate, "-n0", "-k", test, "--json", "r.json", *options]
    run = rnn_manual("verify", *arguments, cwd=tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    return json.loads((tmp_path / "r.json").read_text())["failures"]


def test_no_claim_is_left_out(tmp_path):
    """The tables name every claim's test."""
    listed = re.findall(r"::(test_\w+)", rnn_manual("claims", cwd=tmp_path, COLUMNS="200").stdout)
    assert set(listed) == BREAKS.keys() | ODD_WAYS_BACK.keys() | OF_TORCH | set(OF_PARAMETERS)


@pytest.mark.parametrize("test", BREAKS)
def test_a_claim_fails_for_its_mistake(tmp_path, test):
    """The claim's test, run alone, fails for the mistake that it is there to catch."""
    k = f"{test} and not T50 and not T60 and not B128 and not T128"
    failed = failures(tmp_path, f"rnn_manual.mistakes:{BREAKS[test]}", k)
    assert {failure["test"].partition("[")[0] for failure in failed} == {test}


@pytest.mark.parametrize("test", ODD_WAYS_BACK)
def test_a_claim_fails_for_an_odd_way_back(tmp_path, test):
    """The claim's test, run alone, fails for a way back that is wrong where only it looks."""
    (tmp_path / "ways_back.py").write_text(WAYS_BACK)
    failed = failures(tmp_path, f"ways_back:{ODD_WAYS_BACK[test]}", test)
    assert {failure["test"].partition("[")[0] for failure in failed} == {test}


@pytest.mark.parametrize("test", OF_PARAMETERS)
def test_a_claim_about_parameters_fails_for_odd_ones(tmp_path, test):
    """A class whose parameters are others than nn's fails."""
    (tmp_path / "odd.py").write_text(ODD)
    assert failures(tmp_path, "odd:Odd", test, "--kind", "rnn")


@pytest.mark.parametrize("name", ["RNN", "LSTM"])
def test_our_own_classes_pass_the_whole_suite(tmp_path, name):
    """A class of one kind passes the suite with --kind, claims about parameters included."""
    arguments = ["--candidate", f"rnn_manual:{name}", "--kind", name.lower(), "-n0"]
    k = "not T128 and not B128 and not T50 and not T60 and not test_a_mode"
    run = rnn_manual("verify", *arguments, "-k", k, cwd=tmp_path)
    assert run.returncode == 0, run.stdout
