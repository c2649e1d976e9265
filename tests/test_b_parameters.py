"""B. Parameters: names, shapes, counts."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from rnn_manual.candidates.candidate import NN
from rnn_manual.candidates.errors import ProcessEnded, Violation
from rnn_manual.cases.draw import draw
from rnn_manual.cases.excluded import DRAWN
from rnn_manual.cases.notes import NOTES
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.laws import assert_close, chance_of_uniform, claim
from rnn_manual.claims.layer import Outputs
from rnn_manual.parity import parametrize

CHANCE = 1e-9  # of failing, for right initial weights, at each of some tens of cases


@claim("B1", "weight_ih_l0: (G·H, I),  weight_ih_l{k>0}: (G·H, D·H), or (G·H, D·P)")
@law(notes="B2")
def test_layers_above_read_what_the_one_below_puts_out(layer, case):
    """Layer 0 takes I features; every other takes D·H of them, or D·P with projections."""
    c = case.config
    D = 2 if c.bidirectional else 1
    shapes = dict(layer.parameters(case))
    for k in range(c.num_layers):
        features = c.input_size if k == 0 else D * (c.proj_size or c.hidden_size)
        rows = c.hidden_size * {"rnn": 1, "lstm": 4, "gru": 3}[c.kind]
        assert shapes[f"weight_ih_l{k}"] == (rows, features)


@claim("B2", "weight_ih_l{k}, weight_hh_l{k}, bias_ih_l{k}, bias_hh_l{k}; …_reverse")
@law(notes="B2")
def test_names_order_and_shapes(layer, case):
    """Names, shapes and order of the parameters are those that the configuration predicts."""
    assert layer.parameters(case) == list(case.config.parameter_shapes().items())


# As many as the notes count, in the notes' order.
NOTED = [case.id for case in NOTES if case.label == "notes-B2"]
COUNTS = dict(zip(NOTED, (8, 12, 12, 24, 32, 4, 12, 24), strict=True))


@claim("B2", "4·L·D parameters")
@parametrize(notes="B2", where=lambda case: case.id in COUNTS)
def test_how_many_parameters(layer, case):
    """There are two weights and two biases for every layer and direction."""
    assert len(layer.parameters(case)) == COUNTS[case.id]


@claim("B3", "parameters know no B and no state")
@law(
    where=lambda case: case.layout == "batched" and case.state == "random" and case.batch_size,
    without=[DRAWN],
)
def test_weights_fit_any_batch_and_states_do_not(layer, case):
    """Weights saved with one batch size run with any other; a state saved from one does not."""
    data, saved, B = draw(case), io.BytesIO(), case.batch_size
    torch.save({name: torch.tensor(p) for name, p in data.parameters.items()}, saved)
    saved.seek(0)
    weights = {name: tensor.numpy() for name, tensor in torch.load(saved).items()}
    twice = data.input.repeat(2, axis=case.batch_axis)  # every row of the batch, and again
    states = tuple(s.repeat(2, axis=1) for s in data.state)
    larger, numbers = (
        replace(case, batch_size=2 * B),
        replace(data, parameters=weights, input=twice),
    )

    def every_other(both):
        out = both.out.take(range(0, 2 * B, 2), axis=case.batch_axis)
        return Outputs(out, *(s[:, ::2] for s in both.states))

    assert_close(layer(case), layer(larger, numbers, state=states).changed(every_other))
    try:
        layer(larger, numbers)
    except (Violation, ProcessEnded):  # it ran, or ended: that refuses nothing
        raise
    except Exception as error:  # in whatever words
        refusal = error
    else:
        taken = f"it took a state of batch size {B} for an input of batch size {2 * B}"
        pytest.fail(f"{taken}; expected an error, as torch.nn raises one", pytrace=False)
    if layer.candidate.subject == NN.subject:
        assert isinstance(refusal, (RuntimeError, ValueError))
        assert "hidden" in str(refusal).lower() or "h_0" in str(refusal)


@claim("B4", "every parameter ~ U(-1/√H, 1/√H), anew for each layer")
@law(notes="B2", where=lambda case: case.dtype == "float32")
def test_initial_weights(layer, case):
    """Parameters start between ±1/√H, spread evenly, drawn one by one by torch's generator."""
    first, again, other = layer.initial(case, seeds=(0, 0, 1))
    bound = case.config.hidden_size**-0.5
    numbers = np.concatenate([array.ravel() for array in first.values()]) / bound
    farthest = np.abs(numbers).max()
    assert farthest <= 1 + 1e-6, f"a parameter starts at {farthest:.3g}/√H"
    assert chance_of_uniform(numbers) > CHANCE, "parameters are not spread evenly in ±1/√H"
    for name, array in first.items():
        assert np.array_equal(array, again[name]), f"{name} does not come of torch's generator"
        assert not np.array_equal(array, other[name]), f"{name} is the same at every construction"
    drawn = np.unique(numbers)
    assert len(drawn) > 0.99 * len(numbers), "the same numbers stand in several places"
