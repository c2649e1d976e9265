"""What is not known as a formula is open, with its reason; what a proof depends on is told."""

from dataclasses import replace

import pytest
import torch
import torch._dynamo  # so that all of these tests find it loaded

from rnn_manual.parity import prove, select
from rnn_manual.proof.runs import mirrored as runs_of
from rnn_manual.proof.runs.trace import traced
from tests.meta.candidates.right.classes import PlainLSTM
from tests.meta.proof.small import small


def lstm(change):
    """An LSTM whose new state goes through a function."""

    class Changed(PlainLSTM):
        def step(self, x, w, h, c):
            h, c = super().step(x, w, h, c)
            return change(h), c

    return Changed


def through_numpy(h):
    return torch.from_numpy(h.detach().numpy().copy())


def through_item(h):
    return h.detach() * 0 + torch.tensor([[x.item() for x in row] for row in h.detach()])


def through_a_list(h):
    return torch.tensor(h.detach().tolist(), dtype=h.dtype)


def as_other_bytes(h):
    return h.detach().view(torch.int32).clone().view(torch.float32)


def with_erf(h):
    return h + 0 * torch.erf(h)


def unwritten(h):
    new = torch.empty_like(h)
    new[:, :1] = h[:, :1]
    return h + 0 * new


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (through_numpy, "values left torch and came back: test_open.py:"),
        (through_item, "values left torch and came back: test_open.py:"),
        (through_a_list, "values left torch and came back: test_open.py:"),
        (as_other_bytes, "torch.int32"),
        (with_erf, "no rule for aten::erf: test_open.py:"),
        (unwritten, "memory that nothing was written to through torch"),
    ],
)
def test_what_has_no_formula_is_open_with_its_reason(change, reason):
    """Values that left torch, operations without a rule, other bytes, memory never written."""
    found = prove(lstm(change), small("lstm", call="no_grad")).formula
    assert found.verdict == "open"
    assert reason in found.reason
    assert found.fingerprint == ""


def written_into(h):
    new = torch.empty_like(h)
    return torch.mul(h, 1, out=new)


def test_memory_that_an_operation_writes_whole_is_known():
    """As by out=: what stood there before does not matter."""
    found = prove(lstm(written_into), small("lstm", call="no_grad")).formula
    assert found.verdict == "proved", found


def over_its_operand(h):
    new = h.clone()
    return torch.mm(new, torch.eye(2), out=new)


def added_to_its_operand(h):
    new = h.clone()
    return new.addmm_(new, torch.eye(2)) * 0 + h


def over_what_it_is_computed_of(h):
    new = h.clone()
    torch.mul(new, 1, out=new)
    return torch.addmm(new * 0, new, torch.eye(2))


def shifted(h):
    wide = torch.cat([h, h], 1)
    wide[:, 1:3].copy_(wide[:, 0:2])
    return wide[:, 1:3] * 0 + h


def shifted_by_out(h):
    wide = torch.cat([h, h], 1)
    torch.mul(wide[:, 0:2], 1, out=wide[:, 1:3])
    return wide[:, 1:3] * 0 + h


def from_row_to_row(h):
    wide = torch.stack([h, h], 1)
    torch.mm(wide[:, 0], torch.eye(2), out=wide[:, 1])
    return torch.addmm(wide[:, 1], h * 0, torch.eye(2), out=wide[:, 1])


def test_what_is_written_while_it_is_read_is_not_known():
    """As a product over its own operand. What is not read again, as an addend, may be."""
    for change in (over_its_operand, added_to_its_operand, shifted, shifted_by_out):
        found = prove(lstm(change), small("lstm", call="no_grad")).formula
        assert found.verdict == "open"
        assert "writes to what it reads: test_open.py:" in found.reason
    for change in (over_what_it_is_computed_of, from_row_to_row):
        found = prove(lstm(change), small("lstm", call="no_grad")).formula
        assert found.verdict == "proved", found


class Compiled(PlainLSTM):
    """Its step goes through torch.compile, whole."""

    def _run(self, *given):
        self.now = torch.compile(super().step, backend="eager", fullgraph=True)
        return super()._run(*given)

    def step(self, *given):
        return self.now(*given)


def test_what_goes_through_torch_compile_is_proved_as_it_was_written():
    """And that is told, with its line: the numbers of what is compiled are compared."""
    found = prove(Compiled, small("lstm")).formula
    assert found.verdict == "proved", found
    assert "but for what torch.compile makes of it: classes.py:" in found.said
    assert found.conditions


class NotCompiled(PlainLSTM):
    @torch._dynamo.disable
    def step(self, *given):
        return super().step(*given)


def test_what_is_kept_from_being_compiled_is_proved_without_a_word():
    """Its calls go through torch._dynamo, too."""
    found = prove(NotCompiled, small("lstm")).formula
    assert (found.verdict, found.conditions) == ("proved", ())


def test_what_torch_compiled_on_the_way_is_run_anew(monkeypatch):
    """As it was written, and the trace is of that run alone."""
    whole = len(traced(PlainLSTM, small("lstm")).executed)
    runs = []

    class LoadsDynamo(PlainLSTM):
        def forward(self, *given):
            runs.append(given)
            out = super().forward(*given)
            if len(runs) == 1:
                raise RuntimeError("found no compiled frames")
            return out

    loaded = iter([False])
    monkeypatch.setattr(runs_of, "is_dynamo_loaded", lambda: next(loaded, True))
    assert len(traced(LoadsDynamo, small("lstm")).executed) == whole
    assert len(runs) == 2


def test_torchs_error_of_the_same_name_is_told_from_declining():
    """torch._dynamo.exc.Unsupported is no Unsupported."""
    error = type("Unsupported", (Exception,), {"__module__": "torch._dynamo.exc"})

    def raises(h):
        raise error("not traced")

    found = prove(lstm(raises), small("lstm")).formula
    assert found.violation == "raised torch._dynamo.exc.Unsupported: not traced"


def test_what_torch_refuses_is_told_in_torchs_words():
    """As sizes that do not fit: the rule would refuse them too, and is not asked."""
    found = prove(lstm(lambda h: h + h[:, :1].expand(-1, 3)), small("lstm")).formula
    assert found.violation == found.reason
    assert found.reason.startswith("raised RuntimeError: The size of tensor a (2) must match the")
    assert "h[:, :1].expand(-1, 3)" in found.line


class RaisesOnTheWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ValueError("not written yet")


def test_what_raises_on_the_way_back_is_no_proof():
    """Though all that it returns forward is right."""
    proof = prove(lstm(RaisesOnTheWayBack.apply), small("lstm"))
    assert proof.formula.violation == "raised ValueError: not written yet"
    assert "raise ValueError" in proof.formula.line
    with pytest.raises(AssertionError, match="not written yet"):
        proof.assert_ok()


def raises_if_watched(h):
    if torch._C._len_torch_dispatch_stack():
        raise ValueError("watched")
    return h


class RaisesOnTheWayBackIfWatched(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return raises_if_watched(gradient) * 2


def changes_if_watched(h):
    if torch._C._len_torch_dispatch_stack():
        torch.rand(1)
    return h


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (raises_if_watched, "run on residues, it raised ValueError: watched"),
        (RaisesOnTheWayBackIfWatched.apply, "run on residues, it raised ValueError: watched"),
        (changes_if_watched, "run on residues, it left torch's random generator in another state"),
    ],
)
def test_what_goes_wrong_only_where_it_is_watched_is_open(change, reason):
    """As of what asks whether a mode of torch's is on: it is no fault, and no proof."""
    found = prove(lstm(change), small("lstm")).formula
    assert (found.verdict, found.violation) == ("open", "")
    assert found.reason.startswith(reason)


def test_a_branch_on_values_is_told():
    """A proof then holds for inputs that take the same branches; the line is named."""

    def branching(h):
        return h if h.sum() > -100 else h * 2

    found = prove(lstm(branching), small("lstm")).formula
    assert found.verdict == "proved", found
    assert "for inputs that take the same branches: test_open.py:" in found.said
    assert "h.sum() > -100" in found.said


def written_narrow(h):
    new = torch.empty_like(h, dtype=torch.bfloat16)
    torch.mul(h, 1, out=new)
    return new.to(h.dtype)


def copied(h):
    new = torch.zeros_like(h, dtype=torch.float16)
    new.copy_(h)
    return new.to(h.dtype)


def one_by_one(h):
    return torch.stack([torch.stack([x.bfloat16().float() for x in row]) for row in h])


def test_a_cast_to_a_narrower_format_is_told_with_its_line():
    """The formula is the same but for the rounding, and that is said."""

    def cast(h):
        return h.bfloat16().to(h.dtype)

    found = prove(lstm(cast), small("lstm")).formula
    assert found.verdict == "proved", found
    assert "but for a cast to a narrower format: test_open.py:" in found.said
    assert "return h.bfloat16().to(h.dtype)" in found.said
    for change, line in (
        (written_narrow, "torch.mul(h, 1, out=new)"),
        (copied, "new.copy_(h)"),
        (one_by_one, "x.bfloat16().float()"),
    ):
        found = prove(lstm(change), small("lstm", call="no_grad")).formula
        assert found.verdict == "proved", found
        assert found.conditions[0].startswith("but for a cast to a narrower format: test_open.py:")
        assert line in found.conditions[0]
    assert "cast" not in prove(lstm(lambda h: h.double().to(h.dtype)), small("lstm")).formula.said


def test_of_a_large_case_as_many_steps_are_proved_as_can_be():
    """What is done now and then is seen, though not all sequences and steps are run."""

    class NowAndThen(PlainLSTM):
        steps = 0

        def step(self, x, w, h, c):
            self.steps += 1
            return super().step(x, w, h, c.bfloat16().to(c.dtype) if self.steps == 30 else c)

    case = small("lstm", T=80, B=9, I=3, H=32)
    found = prove(NowAndThen, case).formula
    assert found.part == "T=80, B=4"
    assert found.said.startswith("on T=80, B=4 of it; but for a cast to a narrower format: ")
    assert prove(NowAndThen, replace(case, seq_len=200)).formula.part == "T=97, B=4"


def test_of_another_formula_too_it_is_told_how_much_was_looked_at(monkeypatch):
    """Or the step that is named would be another than the last."""
    monkeypatch.setattr("rnn_manual.judge.prove.LARGE", 5_000)  # a tenth, searched in a tenth
    proof = prove(lstm(lambda h: -h), small("lstm", T=20, B=9, I=3, H=32))
    assert "\nlooked at T=9, B=4 of it\n" in str(proof)
    assert "\nlooked at" not in str(prove(lstm(lambda h: -h), small("lstm")))


def divided(h):
    for _ in range(9):
        h = 1 / (h + 2)
    return h


def test_what_may_well_agree_by_chance_is_not_proved():
    """As quotients of quotients: the bound on the chance would say nothing."""

    class Divided(PlainLSTM):
        def step(self, x, w, h, c):
            new, c = super().step(x, w, h, c)
            return new + divided(h) - divided(h), c

    formula = prove(Divided, small("lstm")).formula
    assert formula.verdict == "open"
    assert formula.reason.startswith("so many divisions, one within another, that the chance")
    assert set(formula.tensors.values()) == {"open"}
    assert prove(PlainLSTM, small("lstm")).formula.chance < 2**-60


def test_the_bound_over_the_quick_cases_is_below_2_to_the_minus_40():
    """Estimated: the largest of a sample, as if all had that (the sum of all was 1.3·10⁻¹⁸)."""
    some = select("quick", where=lambda case: case.batch_size > 0 and not case.random)
    cases = [case for case in some if case.config.hidden_size < 64]
    chances = [prove(lambda module: module, case).formula.chance for case in cases[::40]]
    assert min(chances) > 0
    assert max(chances) * len(select("quick")) < 2**-40
