"""Faults planted at one place, and the case that they are looked for on."""

from rnn_manual.config import Config
from rnn_manual.layout import run
from rnn_manual.loops import run_direction
from rnn_manual.weights import read_weights

CONFIG = Config("lstm", 3, 5, num_layers=2, bidirectional=True)


def wrong_at(layer, direction, step):
    """A candidate whose h is off by an eighth at one step of one direction of one layer."""

    def build(module):
        config, weights = Config.of(module), read_weights(module)
        w_there = weights[layer][direction]

        def walk(ops, cell, w, rows, sizes, state, backward):
            if w is not w_there:
                return run_direction(ops, cell, w, rows, sizes, state, backward)
            order = iter(reversed(range(len(sizes))) if backward else range(len(sizes)))

            def off(ops, w, x, h, c):
                h, c = cell(ops, w, x, h, c)
                return (h + 0.125 if next(order) == step else h), c

            return run_direction(ops, off, w, rows, sizes, state, backward)

        return lambda x, hx=None: run(config, weights, x, hx, walk=walk)

    return build
