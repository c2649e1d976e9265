"""Every claim's test fails by itself, for a mistake that it is there to catch."""

import pytest
import torch
from torch import nn

from rnn_manual import Config, run
from rnn_manual.candidates.by_hand import run_by_hand
from rnn_manual.loops import run_direction
from rnn_manual.mistakes import MISTAKES
from rnn_manual.ops import TorchOps
from rnn_manual.weights import read_weights
from tests import (
    test_a_cell,
    test_b_parameters,
    test_c_shapes,
    test_d_out_and_state,
    test_e_structure,
    test_f_backprop,
    test_g_formulas,
    test_hypothesis,
    test_m_metamorphic,
    test_n_dropout,
    test_parity,
)
from tests.meta.claims.put_to import arguments_of, failure_of, put_to

FAMILIES = (
    test_a_cell,
    test_b_parameters,
    test_c_shapes,
    test_d_out_and_state,
    test_e_structure,
    test_f_backprop,
    test_g_formulas,
    test_hypothesis,
    test_m_metamorphic,
    test_n_dropout,
    test_parity,
)
TESTS = {
    name: function
    for module in FAMILIES
    for name, function in vars(module).items()
    if any(mark.name == "claim" for mark in getattr(function, "pytestmark", ()))
}
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
    "test_the_layer_is_the_loop_on_cases_that_are_drawn": "no_recurrence",
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
    "test_forward_is_the_loops_formula": "gates_i_f_exchanged",
    "test_gradients_are_the_formulas_of_backpropagation": "gradients_doubled",
    "test_the_formula_is_that_of_every_version": "weight_off_by_1e_2",
    "test_dropout_is_a_mask_between_layers": "factor_left_out",
    "test_masks_are_drawn_one_by_one": "rows_dropped",
    "test_a_seed_gives_the_same_masks": "masks_without_a_seed",
}
ODD = {  # the same, for mistakes that no ordinary case shows, or not by that law
    "test_the_gradient_through_time_is_a_product": "cut_at_the_second_step",
    "test_a_relu_at_zero_lets_nothing_through": "relu_slope_1_at_0",
    "test_the_formula_does_not_depend_on_how_numbers_are_kept": "without_bias_in_bfloat16",
}
OF_TORCH = {  # about torch's own linear layer; the candidate has no part in them
    "test_linear_acts_on_the_last_axis",
    "test_without_memory_time_may_be_taken_at_once",
    "test_memory_is_one_matmul_of_the_concatenation",
    "test_linear_is_x_times_w_transposed",
}
OF_PARAMETERS = {
    "test_layers_above_read_what_the_one_below_puts_out",
    "test_names_order_and_shapes",
    "test_how_many_parameters",
    "test_initial_weights",
}


class Odd(nn.RNN):
    """Its parameters are transposed, and each is there twice."""

    def parameters(self):
        return [p for _, p in self.named_parameters()]

    def named_parameters(self, *args, **kwargs):
        for name, parameter in super().named_parameters(*args, **kwargs):
            yield name, parameter.T
            yield name + "_again", parameter


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

    class Ops(TorchOps):
        def relu(self, x):
            y = super().relu(x)
            y.of = x
            return y

        def relu_backward(self, dy, y):
            return dy * (y.of >= 0)

    return lambda x, hx=None: run_by_hand(config, weights, x, hx, ops=Ops())


def without_bias_in_bfloat16(module):
    config, weights = Config.of(module), read_weights(module)
    without = tuple(tuple(w._replace(bias_ih=None) for w in layer) for layer in weights)

    def call(x, hx=None):
        return run(config, without if x.dtype == torch.bfloat16 else weights, x, hx)

    return call


def test_no_claim_is_left_out():
    """The tables name every claim's test."""
    assert TESTS.keys() == BREAKS.keys() | ODD.keys() | OF_TORCH | OF_PARAMETERS


@pytest.mark.parametrize("test", BREAKS)
def test_a_claim_fails_for_its_mistake(test):
    """The claim's test fails for the mistake that it is there to catch, and for no other reason."""
    mistake = MISTAKES[BREAKS[test]]
    fails_for_a_reason(TESTS[test], mistake, mistake.shows)


@pytest.mark.parametrize("test", ODD)
def test_a_claim_fails_for_an_odd_layer(test):
    """The claim's test fails for a layer that is wrong where only it looks."""
    fails_for_a_reason(TESTS[test], globals()[ODD[test]])


@pytest.mark.parametrize("test", sorted(OF_PARAMETERS))
def test_a_claim_about_parameters_fails_for_odd_ones(test):
    """A class whose parameters are others than nn's fails."""
    assert put_to(TESTS[test], Odd) is not None


def fails_for_a_reason(test, wrong, shows=lambda case: True):
    """The test fails for a wrong layer; torch.nn, put to it on the very same case, passes."""
    arguments = put_to(test, wrong, shows)
    assert arguments is not None
    assert failure_of(test, lambda module: module, arguments) is None


@pytest.mark.parametrize("test", sorted(TESTS.keys() - OF_TORCH))
def test_no_claim_fails_for_a_class_of_one_kind(test):
    """Of another kind's cases it is asked nothing, whether a law or a comparison asks."""
    of_each = {}
    for arguments in arguments_of(TESTS[test], lambda case: True):
        case = arguments.get("case")
        of_each.setdefault(case and case.kind, arguments)
    assert {kind: failure_of(TESTS[test], nn.LSTM, a) for kind, a in of_each.items()} == (
        dict.fromkeys(of_each)
    )
