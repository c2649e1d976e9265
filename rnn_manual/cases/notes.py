"""The configurations of the study notes behind the claims, exactly as they used them."""

from __future__ import annotations

from dataclasses import replace

from rnn_manual.cases.case import STATES, Case
from rnn_manual.config import Config


def _note(claim: str, config: Config, seq_len: int, batch_size: int, state: str = "random") -> Case:
    return Case(config, seq_len, batch_size, state=state, label=f"notes-{claim}")


def _both_ways(*configs: Config) -> list[Config]:
    return [replace(c, bidirectional=bi) for c in configs for bi in (False, True)]


LSTM_100 = Config("lstm", 100, 4, num_layers=3)
RNN_56 = Config("rnn", 5, 6)

NOTES: list[Case] = [
    _note("A7", RNN_56, 2, 4),
    *(
        _note("B2", config, 5, 3)
        for config in [
            replace(RNN_56, num_layers=2),
            Config("rnn", 100, 20, num_layers=3),
            *_both_ways(Config("rnn", 10, 20, num_layers=3)),
            replace(RNN_56, num_layers=4, bidirectional=True),
            Config("rnn", 100, 10),
            *_both_ways(LSTM_100),
        ]
    ),
    # x (128, 28, 12) and (28, 128, 12), each read with and without batch_first.
    *(
        _note("C2", replace(config, batch_first=batch_first), T, B)
        for config in [Config("rnn", 12, 64, num_layers=2), Config("lstm", 12, 64)]
        for batch_first in (False, True)
        for T, B in [(128, 28), (28, 128)]
    ),
    *(
        _note("C4", config, T, 3, state)
        for config, T in [
            (Config("rnn", 100, 10), 20),
            (LSTM_100, 7),
            (replace(LSTM_100, bidirectional=True), 5),
        ]
        for state in STATES
    ),
    # Six rows of three steps of three bits, as a classifier's input.
    _note("C5", Config("rnn", 3, 8), 3, 6, "omitted"),
    _note("C5", Config("lstm", 3, 8), 3, 6, "omitted"),
    _note("D1", LSTM_100, 7, 3),
    _note("D3", replace(LSTM_100, bidirectional=True), 5, 3),
    _note("E1", replace(RNN_56, num_layers=2), 4, 16),
    _note("E2", replace(RNN_56, bidirectional=True), 3, 4),
    _note("E3", replace(RNN_56, num_layers=4, bidirectional=True), 3, 4),
    _note("E4", RNN_56, 2, 4),
]
