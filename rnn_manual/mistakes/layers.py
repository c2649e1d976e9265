"""Mistakes about what a layer reads and starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from rnn_manual.layout import state_given, state_tuple
from rnn_manual.mistakes.conditions import bidirectional, connected, stacked
from rnn_manual.mistakes.wrong import Net, dropped_out, mistake
from rnn_manual.weights import LayerWeights


@mistake(
    "layers above the first read only the forward half below them",
    bidirectional,
    stacked,
    connected,
)
def forward_half_only(net: Net) -> Net:
    def without_backward_half(w: LayerWeights) -> LayerWeights:
        kept = torch.ones_like(w.weight_ih)
        kept[:, net.config.output_size :] = 0
        return w._replace(weight_ih=w.weight_ih * kept)

    first, *above = net.weights
    above = [tuple(map(without_backward_half, layer)) for layer in above]
    return replace(net, weights=(first, *above))


def _layer_by_layer(
    net: Net,
    reads: Callable[[list[Any]], Any] = lambda outs: outs[-1],
    starts: Callable[[Any, list[Any]], Any] = lambda given, ends: given,
) -> tuple[Any, Any]:
    """The network as one-layer networks; `reads` and `starts` choose each one's input and state."""
    config, outs = net.config, [net.input]
    ends: list[Any] = []
    for k in range(config.num_layers):
        rows = slice(config.row(k, 0), config.row(k + 1, 0))
        given = net.from_state(lambda *s: tuple(x[rows] for x in s)).state  # noqa: B023
        layer = Net(config.layer(k), net.weights[k : k + 1], reads(outs), starts(given, ends), {})
        out, end = layer.run()
        out = dropped_out(net, out) if k + 1 < config.num_layers else out
        outs.append(out)
        ends.append(end)
    tuples = [state_tuple(config, end) for end in ends]
    return outs[-1], state_given(config, [torch.cat(rows) for rows in zip(*tuples, strict=True)])


@mistake(
    "every layer above the first reads layer 0", connected, lambda case: case.config.num_layers > 2
)
def layers_read_layer_0(net: Net) -> tuple[Any, Any]:
    return _layer_by_layer(net, reads=lambda outs: outs[:2][-1])


@mistake("a layer starts from the last state of the one below", stacked)
def state_runs_on_upwards(net: Net) -> tuple[Any, Any]:
    return _layer_by_layer(net, starts=lambda given, ends: ends[-1] if ends else given)
