"""Layers that are right when simply called, and wrong in some mode."""

import os

import torch
from torch import nn
from torch._C import _functorch
from torch.autograd import forward_ad

import rnn_manual
from rnn_manual import Config, run
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.weights import weights_from


def plainest(name):
    """The first case of a mode."""
    return MODES[name].cases()[0]


def when(condition, base=nn.LSTM):
    """An LSTM that changes signs wherever `condition(layer, input)` holds."""

    class Wrong(base):
        calls = 0

        def forward(self, input, hx=None):
            self.calls += 1
            sign = -1.0 if condition(self, input) else 1.0
            out, state = super().forward(input * sign, hx)
            return out * sign, state

    return Wrong


def autocasts():
    """Whether autocast is on, on a CPU; the question was another once."""
    try:
        return torch.is_autocast_enabled("cpu")
    except TypeError:
        return torch.is_autocast_cpu_enabled()


class Stale(nn.LSTM):
    """Goes on computing with the weights that it once was evaluated with."""

    first = None

    def forward(self, input, hx=None):
        if self.first is not None:
            config = Config.of(self)
            stale = {  # with the gradients of the present ones
                name: self.first[name].to(now) + (now - now.detach())
                for name, now in self.named_parameters()
            }
            return run(config, weights_from(config, stale), input, hx)
        if not torch.is_grad_enabled():
            self.first = {name: p.detach().clone() for name, p in self.named_parameters()}
        return super().forward(input, hx)


class PreparedAsItLoads(Stale):
    """Goes on computing with the weights that it loaded last."""

    def _load_from_state_dict(self, *args):
        super()._load_from_state_dict(*args)
        self.first = {name: p.detach().clone() for name, p in self.named_parameters()}


class StaleInInference(Stale):
    """The same in inference alone: in training it computes with the weights that it has."""

    def forward(self, input, hx=None):
        if self.training or torch.is_grad_enabled():
            return nn.LSTM.forward(self, input, hx)
        return super().forward(input, hx)


class Kept(nn.LSTM):
    """Computes with the Parameter objects that it was constructed with, whatever replaces them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.kept = [dict(self.named_parameters())]

    def forward(self, input, hx=None):
        config = Config.of(self)
        return run(config, weights_from(config, self.kept[0]), input, hx)


class Detached(nn.LSTM):
    """Loses its gradients from the second call on."""

    calls = 0

    def forward(self, input, hx=None):
        self.calls += 1
        out, state = super().forward(input, hx)
        return (out, state) if self.calls == 1 else (out.detach(), tuple(s.detach() for s in state))


class OnAnOldProcessor(when(lambda m, x: "ONEDNN_MAX_CPU_ISA" in os.environ, rnn_manual.LSTM)):
    """Wrong where oneDNN is held to an older instruction set."""


class WithoutVectors(when(lambda m, x: os.environ.get("ATEN_CPU_CAPABILITY") == "default")):
    """Wrong where torch's own kernels are."""


SEVERAL_CALLS = when(lambda m, x: m.calls > 1)
# (torch 1.13 has no torch.compiler.)
COMPILED = when(lambda m, x: hasattr(torch, "compiler") and torch.compiler.is_compiling())
WRONG_IN = {
    "onednn-off": when(lambda m, x: not torch._C._get_mkldnn_enabled()),
    "threads-1": when(lambda m, x: torch.get_num_threads() == 1),
    "threads-2": when(lambda m, x: torch.get_num_threads() == 2),
    "functional_call": Kept,
    "vmap": when(lambda m, x: _functorch.is_batchedtensor(x), rnn_manual.LSTM),
    "func-grad": when(lambda m, x: _functorch.is_gradtrackingtensor(x)),
    # (nn.LSTM itself, on oneDNN, has no forward AD.)
    "forward-ad": when(lambda m, x: forward_ad.unpack_dual(x).tangent is not None, rnn_manual.LSTM),
    "checkpoint": SEVERAL_CALLS,
    "parametrize": Kept,
    "weight_norm": Kept,
    "weight_norm-hook": Kept,
    "compile": COMPILED,
    "compile-aot_eager": COMPILED,
    "compile-traced-aot_eager": COMPILED,
    "export": COMPILED,
    "jit.trace": when(lambda m, x: torch.jit.is_tracing()),
    "onnx-torchscript": when(lambda m, x: torch.onnx.is_in_onnx_export()),
    "autocast-bf16": when(lambda m, x: autocasts()),
    "autocast-f16": when(lambda m, x: autocasts(), rnn_manual.LSTM),
    **dict.fromkeys(("autocast-bf16-avx2", "autocast-f16-avx2", "onednn-avx2"), OnAnOldProcessor),
    "aten-default": WithoutVectors,
    **dict.fromkeys(
        ("data", "copy_", "load_state_dict", "step", "assign", "to-double", "deepcopy", "pickle"),
        Stale,
    ),
    **dict.fromkeys(("save", "share_memory", "meta", "meta-assign", "flatten_parameters"), Stale),
    **dict.fromkeys(("rows", "pieces"), SEVERAL_CALLS),
}
# Why nothing is planted there.
NOT_PLANTED = {
    **dict.fromkeys(
        ("sizes-by-position", "by-position", "device-dtype"), "test_classes.py has constructors"
    ),
    "cells": "computes by nn's cells, not by the layer",
    "compile-traced": "as compile-traced-aot_eager, and takes a minute",
    "export-decomposed": "as export",
    "jit.script": "compiles the layer's source, which cannot ask whether it is",
    "onnx": "as onnx-torchscript, and takes long",
    "cuda": "takes a device",
    "cuda-native": "takes a device",
}
