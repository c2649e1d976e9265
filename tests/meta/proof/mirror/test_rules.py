"""Each rule, and each operation that moves numbers, has the results of torch's own operation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_manual.proof.mirror import formulas, rules
from rnn_manual.proof.mirror.operations import MOVING
from rnn_manual.proof.mirror.shadows import numbers
from tests.meta.proof.mirror import operands
from tests.meta.proof.mirror.mirroring import LAYOUTS, Mirrored, contiguous, laid_out, transposed

EVERY = {**operands.RULES, **operands.MOVING}


def test_every_rule_and_every_moving_operation_is_tried():
    """There is no rule, and no operation held to move numbers, that no test below tries."""
    assert set(operands.RULES) == set(rules.RULES)
    assert set(operands.MOVING) == set(MOVING)


@pytest.mark.parametrize("name", EVERY)
def test_a_rule_has_the_results_of_the_operation(name):
    """Whatever the layout in memory and however the operands are broadcast, and in place."""
    ran = [found for kind, found in tried(name)]
    assert [found.reasons() for found in ran if found.reasons()] == []
    assert all(found.is_right(operands.OFF.get(name, 1e-12)) for found in ran)
    assert any(name in found.names for found in ran)


def test_most_are_tried_in_place_and_into_another_tensor_too():
    """Where torch has a form that writes, that is run beside its rule as well."""
    kinds = [kind for name in EVERY for kind, _ in tried(name)]
    assert kinds.count("in place") > 60
    assert kinds.count("out") > 80


@pytest.mark.parametrize("name", operands.RULES)
def test_a_wrong_rule_is_seen(name, monkeypatch):
    """A rule whose result is off is told from the operation."""
    right = rules.RULES[name]
    monkeypatch.setitem(rules.RULES, name, lambda *args, **kwargs: off(right(*args, **kwargs)))
    ran = [found for _, found in tried(name) if name in found.names]
    assert ran
    assert not any(found.is_right() for found in ran)


@pytest.mark.parametrize("name", operands.MOVING)
def test_wrongly_moved_numbers_are_seen(name, monkeypatch):
    """Numbers that are said to come from other places are told from the operation's."""
    right = formulas.moved
    monkeypatch.setattr(formulas, "moved", lambda *args: off(right(*args)))
    ran = [found for _, found in tried(name) if name in found.names]
    assert ran
    assert not any(found.is_right() for found in ran)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: torch.logical_not(x), "no rule for aten::logical_not with torch.bool"),
        (lambda x: torch.logical_and(x, x), "no rule for aten::logical_and with torch.bool"),
        (lambda x: (x > 0) + (x > -1), "no rule for aten::add with torch.bool"),
        (lambda x: x.clone().masked_fill_(x > 0, 2).pow(0.5), "a power that is no small integer"),
        (lambda x: put_where(x, x > 0), "places that depend on values"),
        (lambda x: torch.div(x, 2, rounding_mode="floor"), "division rounded by floor"),
        (lambda x: torch.threshold(x, 1, 0), "a threshold that is not zero"),
        (lambda x: torch.linalg.vector_norm(x, 1), "the norm of order 1"),
        (lambda x: torch.constant_pad_nd(x, [1, 1], 2.0), "called with value=2.0"),
        (
            lambda x: torch.as_strided_copy(x.T, (2, 2), (1, 3)),
            "strides in memory that lies otherwise",
        ),
        (
            lambda x: torch.ops.aten.unfold_backward(x, [5, 3], 0, 2, 1),
            "windows that overlap, whose sums are taken",
        ),
        (lambda x: x[x > 0], "no rule for aten::index: places that depend on values"),
        (lambda x: by_onednn(x), "oneDNN's LSTM, aten::mkldnn_rnn_layer"),
        (lambda x: x.erf(), "no rule for aten::erf"),
    ],
)
def test_what_a_rule_does_not_know_is_told(function, reason):
    """An operation called in a way that its rule does not know has no formula, and a reason."""
    args = (operands.t(4, 3),)
    if "windows" in reason:
        args = (operands.t(4, 3, 2),)
    assert any(reason in found for found in Mirrored("", function, args, {}).reasons())


def by_onednn(x):
    if not torch.backends.mkldnn.is_available():
        pytest.skip("torch was built without oneDNN")
    layer = torch.nn.LSTM(3, 2)
    with torch.no_grad():
        return layer(x.float()[:, None])[0]


def put_where(x, mask):
    y = x.clone()
    y[mask] = x.new_zeros(())
    return y


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["add", "sub", "mul", "where", "addcmul", "lerp", "maximum", "gt"]),
    shape=st.lists(st.integers(1, 3), max_size=3),
    kept=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=3, max_size=3),
    layouts=st.lists(st.sampled_from(list(LAYOUTS.values())), min_size=3, max_size=3),
)
def test_any_shapes_are_broadcast_as_torch_does(name, shape, kept, layouts):
    """Operands of any shapes that go together, in any layouts."""
    number = {"where": 3, "addcmul": 3, "lerp": 3}.get(name, 2)
    args = []
    for k in range(number):
        own = [n if keep else 1 for n, keep in zip(shape, kept[k], strict=False)]
        own = own[sum(not keep for keep in kept[k][:1]) :]  # and now and then an axis fewer
        args.append(layouts[k](operands.t(*own)))
    if name == "where":
        args[0] = args[0] > 0
    found = Mirrored(name, getattr(torch.ops.aten, name), tuple(args), {})
    assert found.reasons() == []
    assert found.is_right()


def test_what_is_written_through_a_view_is_read_through_another():
    """Chunks, transposes and slices of one tensor share their values, as in torch."""

    def function(x, y):
        x[:, 1:].mul_(y)
        x.T[0].add_(1)
        first, second = x.chunk(2)
        second.copy_(first)
        x[:, ::2] += y[:, :1]
        return x.flip(0)

    found = Mirrored("", function, (operands.t(4, 3), operands.t(4, 2)), {})
    assert found.reasons() == []
    assert found.is_right()


def test_a_mask_that_was_drawn_is_a_constant_of_the_run():
    """As native_dropout draws it, which returns it beside what is left."""
    dropout = torch.ops.aten.native_dropout.default
    found = Mirrored("", dropout, (operands.t(40, 3), 0.25, True), {})
    assert found.is_right()
    (drawn,) = found.mirror.drawn
    assert (drawn.operation, drawn.shape) == ("native_dropout", (40, 3))


def test_asleep_it_executes_what_it_is_given():
    """And looks at nothing."""
    found = Mirrored("", torch.neg, (operands.t(2),), {}).mirror
    found.asleep = True
    with found:
        asked = torch.zeros(2, dtype=torch.float64)
    assert asked.dtype == torch.float64
    assert found.shadows.of(asked) is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.int64])
def test_numbers_of_any_format_are_read(dtype):
    """Of those that NumPy has none for, too."""
    assert numbers(torch.tensor([1.5, -2.0]).to(dtype)).tolist() == [
        1 + 0.5 * dtype.is_floating_point,
        -2,
    ]


def tried(name):
    """Runs an operation in every form and layout: how, and what was found."""
    for entry in EVERY[name]:
        given_overload = isinstance(entry[0], torch._ops.OpOverload)
        function, (args, kwargs) = entry if given_overload else (named(name), entry)
        for layout in [contiguous] if name in operands.CONTIGUOUS else LAYOUTS.values():
            if function is not None:
                found = Mirrored(name, function, laid_out(layout, args), kwargs)
                yield layout.__name__, found
            if given_overload:
                continue
            if (in_place := named(f"{name}_")) is not None and layout.__name__ != "expanded":
                copied = laid_out(layout, laid_out(contiguous, args))
                if written_to_fits(name, found if function is not None else None, copied):
                    yield "in place", Mirrored(name, in_place, copied, kwargs)
            if function is not None and "out" in function.overloads():
                turned = contiguous if name in operands.CONTIGUOUS else transposed
                outs = [turned(torch.full_like(x, 7)) for x in found.tensors[:1]]
                kept = {written_by(function): outs[0]}
                if len(found.returned) == 1:
                    yield "out", Mirrored(name, function, laid_out(layout, args), kwargs | kept)


def written_by(function):
    """What the argument is called that the form with another tensor writes to."""
    arguments = function.out._schema.arguments
    return next(a.name for a in arguments if a.alias_info is not None and a.alias_info.is_write)


def named(name):
    return getattr(torch.ops.aten, name, None)


def written_to_fits(name, found, args):
    """An operation in place has its first operand's shape and dtype."""
    if not isinstance(args[0], torch.Tensor):
        return False
    if found is None:
        return True
    result = found.tensors[0]
    return result.shape == args[0].shape and result.dtype == args[0].dtype


def off(found):
    """Another result: every number moved by one; of masks, the others."""
    if isinstance(found, (list, tuple)):
        return [off(x) for x in found]
    is_mask = np.isin(found.values, (0, 1)).all()
    return 1 - found if is_mask else found + np.ones(found.shape)
