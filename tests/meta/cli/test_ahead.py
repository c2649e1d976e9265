"""Few processes load torch, and a candidate's does so while its command does."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from rnn_manual.candidates.process import dispatch
from rnn_manual.candidates.process.starting import Forked
from rnn_manual.cli.verify import ahead
from tests.meta.cli.command import ROOT, started

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")
STARTED_FIRST = """
import sys
from rnn_manual.candidates.process.process import Process

found, start = [], Process.start

def noted(*given):
    found.append("torch" in sys.modules)
    return start(*given)

Process.start = staticmethod(noted)
from rnn_manual.cli import main
code = main(sys.argv[1:])
sys.exit(code or found != [False])
"""
COMMANDS = [("prove", "-k", "lstm-f64"), ("trace", "lstm", "--candidate=torch.nn")]


@pytest.mark.parametrize("command", COMMANDS, ids=["prove", "trace"])
def test_a_candidates_process_loads_torch_meanwhile(command):
    """It is started before torch is loaded here, and it is the only one."""
    run = subprocess.run(
        [sys.executable, "-c", STARTED_FIRST, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


@ON_LINUX
@pytest.mark.parametrize(("candidate", "forks"), [("torch.nn", 2), ("vmap", 2), ("mine:build", 1)])
def test_a_worker_forks_torch_nn_alone(monkeypatch, candidate, forks):
    """Other people's layers have a Python of their own, which has loaded nothing of pytest's."""
    monkeypatch.setattr(dispatch, "_processes", {})
    monkeypatch.setattr(ahead, "share_cores", lambda config: None)
    ahead.pytest_configure(SimpleNamespace(workerinput={}, getoption={"candidate": candidate}.get))
    made = list(dispatch._processes.values())
    assert [type(process.process) for process in made] == forks * [Forked]
    assert dispatch._processes.keys() >= {dispatch._key("torch.nn", dispatch.REPRODUCIBLE)}
    for process in made:
        process.close()


@ON_LINUX
def test_at_verify_of_torch_nn_only_its_workers_load_torch(tmp_path):
    """They tell what there is to know of it, and fork its processes."""
    k = "hand_written_loop and [lstm-f64] or bits_of_the_loops and [lstm-f64]"
    anew = set()
    with started("verify", "-n2", "-k", k, cwd=tmp_path) as run:
        while run.poll() is None:
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):  # it has ended meanwhile
                    here = (process / "cwd").readlink() == tmp_path.resolve()
                    if here and "import serve" in (process / "cmdline").read_text():
                        anew.add(process.name)
            time.sleep(0.05)
        assert run.returncode == 0, run.communicate()
    assert anew == set()
