"""How a project holds its own LSTM against the loops: `python -m pytest test_my_lstm.py`, here."""

from plain_lstm import build

from rnn_manual.parity import check, parametrize


@parametrize(where=lambda case: case.config.kind == "lstm")
def test_my_lstm(case):
    check(build, case).assert_ok()
