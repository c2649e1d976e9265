"""The process of a candidate, forked from a command that has loaded torch."""

import contextlib
import os
import subprocess
import sys
import traceback
import warnings

FILTERS = warnings.filters[:]


def forked(command, env, stdin, stdout, stderr, **options):
    """As subprocess.Popen of `python -c code`, with two pipes; the code is called in a fork.

    Where an environment is asked for, which torch reads as it is loaded, or where forks are not
    safe, as with several threads, it is Popen.
    """
    import torch  # which the command has loaded

    alike = _without_path(env) == _without_path(os.environ)
    # What OpenMP computed with several threads waits for ever for these in a fork.
    if sys.platform != "linux" or not alike or torch.get_num_threads() > 1:
        streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
        return subprocess.Popen(command, env=env, **streams, **options)
    (questions, asks), (told, answers) = os.pipe(), os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():  # from 3.12 on, of other threads, as pytest's
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(questions)
        os.close(answers)
        _children.append(_Child(pid, os.fdopen(asks, "wb"), os.fdopen(told, "rb")))
        return _children[-1]
    code = 1
    try:
        os.setsid()
        for end in [end for child in _children for end in (child.stdin, child.stdout)]:
            with contextlib.suppress(OSError):  # they are the command's
                end.close()
        for stream, target in ((questions, 0), (answers, 1), (stderr.fileno(), 2)):
            os.dup2(stream, target)
        for end in (questions, asks, told, answers):
            os.close(end)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        warnings.filters[:] = FILTERS  # which pytest has changed
        exec(command[-1], {})
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _without_path(environment):
    return {name: value for name, value in environment.items() if name != "PYTHONPATH"}


class _Child:
    """What a Process asks of subprocess.Popen."""

    def __init__(self, pid, stdin, stdout):
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.code = None

    def wait(self):
        """Waits for its end. Returns: its exit code."""
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code


_children: list[_Child] = []
