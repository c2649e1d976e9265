"""Functions, and their derivatives."""

from __future__ import annotations

from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import NoRule, rule


@rule("sigmoid")
def _sigmoid(x: Points) -> Any:
    return x.sigmoid()


@rule("tanh")
def _tanh(x: Points) -> Any:
    return x.tanh()


@rule("exp")
def _exp(x: Points) -> Any:
    return x.exp()


@rule("expm1")
def _expm1(x: Points) -> Any:
    return x.exp() - 1


@rule("relu")
def _relu(x: Points) -> Any:
    return x.relu()


@rule("threshold")
def _threshold(x: Points, threshold: Any, value: Any) -> Any:
    if threshold != 0 or value != 0:
        raise NoRule("a threshold that is not zero")
    return x.relu()


@rule("clamp_min")
def _clamp_min(x: Points, low: Any) -> Any:
    return _maximum(x, low)


@rule("clamp_max")
def _clamp_max(x: Points, high: Any) -> Any:
    return _minimum(x, high)


@rule("clamp")
def _clamp(x: Points, low: Any = None, high: Any = None) -> Any:
    above = x if low is None else _maximum(x, low)
    return above if high is None else _minimum(above, high)


@rule("hardtanh")
def _hardtanh(x: Points, low: Any = -1, high: Any = 1) -> Any:
    return _clamp(x, low, high)


@rule("hardtanh_backward")
def _hardtanh_backward(dy: Points, x: Points, low: Any, high: Any) -> Any:
    return dy * (x - low).step() * (-(x - high)).step()


@rule("maximum")
def _maximum(x: Points, y: Any) -> Any:
    return x.maximum(y)


@rule("minimum")
def _minimum(x: Points, y: Any) -> Any:
    return x.minimum(y)


@rule("abs")
def _abs(x: Points) -> Any:
    return x * (x.step() * 2 - 1)


@rule("sgn", "sign")
def _sign(x: Points) -> Any:
    return x.step() - (-x).step()


@rule("hardsigmoid")
def _hardsigmoid(x: Points) -> Any:
    return _clamp(x + 3, 0, 6) / 6


@rule("hardsigmoid_backward")
def _hardsigmoid_backward(dy: Points, x: Points) -> Any:
    return dy * (x + 3).step() * (-(x - 3)).step() / 6


@rule("sigmoid_backward")
def _sigmoid_backward(dy: Points, y: Points) -> Any:
    return dy * (1 - y) * y


@rule("tanh_backward")
def _tanh_backward(dy: Points, y: Points) -> Any:
    return dy * (1 - y * y)


@rule("threshold_backward")
def _threshold_backward(dy: Points, y: Points, threshold: Any) -> Any:
    if threshold != 0:
        raise NoRule("a threshold that is not zero")
    return dy * y.step()


@rule("sqrt")
def _sqrt(x: Points) -> Any:
    return x.sqrt()


@rule("rsqrt")
def _rsqrt(x: Points) -> Any:
    return x.sqrt().inverse()
