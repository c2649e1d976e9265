"""Candidates that do what none may do, or do not come back at all."""

import ctypes
import os
import sys

from rnn_manual.parity import Unsupported


def declines_everything(module):
    raise Unsupported("all of it")


def cuts_the_last_unit(module):
    return lambda x, hx=None: (module(x, hx)[0][..., :-1], module(x, hx)[1])


def gives_nan(module):
    return lambda x, hx=None: (module(x, hx)[0] * float("nan"), module(x, hx)[1])


def narrows(module):
    return lambda x, hx=None: (module(x, hx)[0].float(), module(x, hx)[1])


def returns_nothing(module):
    return lambda x, hx=None: None


def returns_out_alone(module):
    return lambda x, hx=None: module(x, hx)[0]


def raises(module):
    return lambda x, hx=None: 1 / 0


def calls_sys_exit(module):
    sys.exit(3)


def exits(module):
    os._exit(7)


def crashes(module):
    return lambda x, hx=None: ctypes.string_at(0)


def hangs(module):
    while True:
        pass


def prints_and_raises(module):
    print("x" * 100_000 + " the end")
    return 1 / 0
