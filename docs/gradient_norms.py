"""How much of a gradient arrives, step after step back: `python docs/gradient_norms.py`.

`--save docs/gradient_norms.svg` draws it; that takes matplotlib (`pip install --group docs`).
"""

import argparse

import numpy as np

from rnn_manual import Config, vjp
from rnn_manual.layout import state_given, state_tuple
from rnn_manual.weights import weights_from

T, H, INPUT = 50, 32, 8
RADII = (0.5, 0.9, 1.0, 1.1, 1.5)
FORGET_BIASES = {"default": 0.0, "open forget gate": 5.0}  # added to b_f; σ(5) = 0.993
PRINTED = (0, 1, 5, 10, 20, 30, 40, 50)  # steps back


def rnn(radius):
    """A tanh RNN whose W_hh has this spectral radius, at rest: input and state are zeros."""
    rng = np.random.default_rng(0)
    W_hh = rng.standard_normal((H, H))
    W_hh *= radius / np.abs(np.linalg.eigvals(W_hh)).max()
    drawn = {"weight_ih_l0": np.zeros((H, INPUT)), "weight_hh_l0": W_hh}
    return Config("rnn", INPUT, H, bias=False), drawn, np.zeros((T, 1, INPUT))


def lstm(forget_bias):
    """An LSTM with nn's own initial weights, U(-1/√H, 1/√H), on random input."""
    config, rng = Config("lstm", INPUT, H), np.random.default_rng(0)
    drawn = {
        name: rng.uniform(-1, 1, shape) / np.sqrt(H)
        for name, shape in config.parameter_shapes().items()
    }
    drawn["bias_ih_l0"][H : 2 * H] += forget_bias
    return config, drawn, rng.standard_normal((T, 1, INPUT))


def norms(config, parameters, x):
    """‖∂h_T/∂h_{T-k}‖, or for an LSTM ‖∂c_T/∂c_{T-k}‖, for k = 0, …, T: the largest stretch."""
    weights = weights_from(config, parameters)
    n = len(config.states) * H  # the state is h, or h and c
    units = [unit[None] for unit in np.split(np.eye(n), len(config.states), axis=1)]
    state, steps = [np.zeros((1, n, H))] * len(config.states), []
    for x_t in x:
        # n copies of one row: the pullback of the unit vectors gives the Jacobian's rows.
        rows = np.repeat(x_t[None], n, axis=1)
        (out, last), backward = vjp(config, weights, rows, state_given(config, state))
        found = backward(np.zeros_like(out), state_given(config, units)).state
        steps.append(np.concatenate(state_tuple(config, found), -1)[0])
        state = state_tuple(config, last)
    product, lengths = np.eye(n), []
    for J_t in [np.eye(n), *reversed(steps)]:
        product = product @ J_t
        lengths.append(np.linalg.norm(product[-H:, -H:], 2))
    return np.array(lengths)


def curves():
    """Name → norms, by steps back."""
    found = {f"RNN, spectral radius {radius}": norms(*rnn(radius)) for radius in RADII}
    return found | {f"LSTM, {name}": norms(*lstm(bias)) for name, bias in FORGET_BIASES.items()}


def table(found):
    """The norms at some distances, a line a curve."""
    print(f"{'steps back':26}" + "".join(f"{k:>9}" for k in PRINTED))
    for name, lengths in found.items():
        print(f"{name:26}" + "".join(f"{lengths[k]:9.1e}" for k in PRINTED))


def draw(found, path):
    """The norms over the steps back, on a logarithmic scale, each line named at its end."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "gradients", "svg.fonttype": "none"})
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), layout="constrained")
    for name, lengths in found.items():
        of_lstm, dashed = name.startswith("LSTM"), "default" in name
        style = {"color": "black", "linewidth": 2.6} if of_lstm else {"color": "0.45"}
        axes.plot(lengths, linestyle="--" if dashed else "-", **style)
        # (The labels of two lines that end close to each other are moved apart.)
        up = {"RNN, spectral radius 1.1": 5, "RNN, spectral radius 1.0": -2}.get(name, 0)
        weight = "bold" if of_lstm else "normal"
        end = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
        axes.annotate(name, (T, lengths[-1]), (6, up), fontweight=weight, **end)
    axes.set(yscale="log", xlim=(0, T), xlabel="k, steps back from the last")
    axes.set_ylabel("‖∂h_T / ∂h_{T−k}‖, of an LSTM ‖∂c_T / ∂c_{T−k}‖")
    axes.set_title(
        "What is left of a gradient k steps back: powers of W_hh fade or explode,\n"
        "an open forget gate carries it",
        loc="left",
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.9")
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None, dpi=110)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", metavar="FILE", help="draw it")
    path = parser.parse_args().save
    found = curves()
    table(found)
    if path:
        draw(found, path)
