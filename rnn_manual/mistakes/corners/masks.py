"""Mistakes about dropout's masks. Forward, where p is 1, each is the right layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from rnn_manual.cases.case import Case
from rnn_manual.mistakes.wrong import Mistake, Net, mistake
from rnn_manual.ops import TorchOps


def _random(case: Case) -> bool:
    return case.random and case.batch_size > 0


Mask = Callable[[Net, Any, float], Any]


class _Masked(TorchOps):
    """Dropout by a mask of one's own."""

    def __init__(self, net: Net, mask: Any) -> None:
        super().__init__()
        self.net, self.mask = net, mask

    def dropout(self, x: Any, p: float) -> Any:
        return x * self.mask(self.net, x, p)


def _masks(sentence: str) -> Callable[[Mask], Mistake]:
    def register(mask: Mask) -> Mistake:
        def wrong(net: Net) -> Net:
            return net.using(ops=_Masked(net, mask))

        return mistake(sentence, _random, name=mask.__name__, classic=False)(wrong)

    return register


def _drawn(x: Any, p: float, *shape: int) -> Any:
    return F.dropout(x.new_ones(shape or x.shape), p)


@_masks("dropout drops whole rows, not elements")
def rows_dropped(net: Net, x: Any, p: float) -> Any:
    return _drawn(x, p, *x.shape[:-1], 1)


@_masks("dropout drops whole units, the same at every step and in every row")
def units_dropped(net: Net, x: Any, p: float) -> Any:
    return _drawn(x, p, x.shape[-1])


@_masks("one mask for all steps, as of variational dropout")
def one_mask_for_all_steps(net: Net, x: Any, p: float) -> Any:
    return _drawn(x, p, *x.shape[1:]) if x.dim() == 3 else _drawn(x, p, x.shape[-1])


@_masks("the mask of the first call used in every call")
def one_mask_for_all_calls(net: Net, x: Any, p: float) -> Any:
    mask = net.kept.setdefault((x.shape, "mask"), _drawn(x, p))
    return mask.to(x.dtype)


@_masks("one mask for the units of both halves")
def halves_dropped_alike(net: Net, x: Any, p: float) -> Any:
    half = (x.shape[-1] + 1) // 2
    return _drawn(x, p, *x.shape[:-1], half).repeat_interleave(2, -1)[..., : x.shape[-1]]


@_masks("dropout without the factor 1/(1 - p)")
def factor_left_out(net: Net, x: Any, p: float) -> Any:
    return (_drawn(x, p) > 0).to(x.dtype)


@_masks("dropout with the factor 1/p")
def factor_1_by_p(net: Net, x: Any, p: float) -> Any:
    return (_drawn(x, p) > 0).to(x.dtype) / p


@_masks("dropout keeps the share p, and drops 1 - p")
def share_exchanged(net: Net, x: Any, p: float) -> Any:
    return (_drawn(x, 1 - p) > 0).to(x.dtype) / (1 - p)


_OWN = torch.Generator()


@_masks("masks of a generator of its own, on which no seed has a hold")
def masks_without_a_seed(net: Net, x: Any, p: float) -> Any:
    kept = torch.rand(x.shape, generator=_OWN) > p
    return kept.to(x) / (1 - p)
