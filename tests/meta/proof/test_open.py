"""What is not known as a formula is open, with its reason; so is what may agree by chance."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from rnn_manual.parity import prove, select
from tests.meta.candidates.right.classes import PlainLSTM
from tests.meta.proof.small import small
from tests.meta.proof.written import changed


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


def in_a_thread(h):
    found = []
    thread = threading.Thread(target=lambda: found.append(h * 1))
    thread.start()
    thread.join()
    return found[0]


def in_a_pool(h, pool=ThreadPoolExecutor(1)):  # noqa: B008 - one for all calls
    return pool.submit(torch.mul, h, 1).result()


def by_a_queue(h, asked=queue.Queue(), told=queue.SimpleQueue(), threads=[]):  # noqa: B006, B008
    if not threads:
        serve = lambda: [told.put(asked.get() * 1) for _ in iter(int, 1)]  # noqa: E731
        threads.append(threading.Thread(target=serve, daemon=True))
        threads[0].start()
    asked.put(h)
    return told.get()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (in_a_thread, "computed in another thread: test_open.py:"),
        (in_a_pool, "computed in another thread: test_open.py:"),
        (by_a_queue, "computed in another thread: test_open.py:"),
        (through_numpy, "values left torch and came back: test_open.py:"),
        (through_item, "values left torch and came back: test_open.py:"),
        (through_a_list, "values left torch and came back: test_open.py:"),
        (as_other_bytes, "torch.int32"),
        (with_erf, "no rule for aten::erf: test_open.py:"),
        (unwritten, "memory that nothing was written to through torch"),
    ],
)
def test_what_has_no_formula_is_open_with_its_reason(change, reason):
    """Values that left torch, other threads, no rule, other bytes, memory never written."""
    found = prove(changed(change), small("lstm", call="no_grad")).formula
    assert found.verdict == "open"
    assert reason in found.reason
    assert found.fingerprint == ""


def scaled_in_a_thread(h):
    h = h.clone()
    thread = threading.Thread(target=lambda: h.detach().mul_(1.5))
    thread.start()
    thread.join()
    return h


def test_what_a_thread_writes_is_left_out_and_told():
    """Where all that is seen is the loops', it may have written over it."""
    found = prove(changed(scaled_in_a_thread), small("lstm", call="no_grad")).formula
    assert found.verdict == "proved"
    assert found.conditions[0].startswith("but for what another thread computes: test_open.py:")


def written_into(h):
    new = torch.empty_like(h)
    return torch.mul(h, 1, out=new)


def test_memory_that_an_operation_writes_whole_is_known():
    """As by out=: what stood there before does not matter."""
    found = prove(changed(written_into), small("lstm", call="no_grad")).formula
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
        found = prove(changed(change), small("lstm", call="no_grad")).formula
        assert found.verdict == "open"
        assert "writes to what it reads: test_open.py:" in found.reason
    for change in (over_what_it_is_computed_of, from_row_to_row):
        found = prove(changed(change), small("lstm", call="no_grad")).formula
        assert found.verdict == "proved", found


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


def test_the_bound_over_all_cases_is_below_2_to_the_minus_40():
    """Estimated: the largest of a sample, as if all had that (the sum of all was 1.3·10⁻¹⁸)."""
    some = select("standard", where=lambda case: case.batch_size > 0 and not case.random)
    cases = [case for case in some if case.config.hidden_size < 64]
    chances = [prove(lambda module: module, case).formula.chance for case in cases[::40]]
    assert min(chances) > 0
    assert max(chances) * len(select("standard")) < 2**-40
