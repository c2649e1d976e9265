"""Whether a candidate and a device can be used: asked in a process of its own, meanwhile."""

from __future__ import annotations

import threading

from rnn_manual.candidates.errors import ProcessEnded, Unusable
from rnn_manual.candidates.process.process import Answer, Process
from rnn_manual.cli.verify.known import Known, known


class Preflight:
    """Asks, in a process that is only for this, whether names lead to what can be judged.

    Args:
        candidate: what the command line names; None for one that is known, as a mode.
        device: where it is to compute.
        limit: seconds that it has to be imported.
    """

    def __init__(self, candidate: str | None, device: str, limit: float) -> None:
        self.candidate, self.device, self.limit = candidate, device, limit
        self.answer = Answer()
        self.kept = False
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def __enter__(self) -> Preflight:
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()  # a thread that ends with the interpreter is heard on stderr
        if not self.kept:
            self.process.close()

    def _ask(self) -> None:
        self.process = Process({}, 1)
        self.answer = self.process.call(self.limit, _usable, self.candidate, self.device)

    @property
    def known(self) -> Known:
        """Waits for the answer, which is no refusal."""
        self.thread.join()
        known: Known = self.answer.value
        return known

    def keep(self, candidate: str) -> None:
        """Has the candidate compute in this process, which has loaded it, instead of another."""
        from rnn_manual.candidates.catalogue import as_candidate
        from rnn_manual.candidates.process.dispatch import adopt

        self.thread.join()
        self.kept = adopt(as_candidate(candidate), self.process)

    def refusal(self) -> str:
        """Why they cannot be used, in a line; "" if they can. Waits for the answer."""
        self.thread.join()
        error = self.answer.error
        if error is None:
            return ""
        if isinstance(error, ProcessEnded):
            return f"candidate {self.candidate}: importing it {error}"
        if isinstance(error, Unusable):
            return str(error)
        raise error


def _usable(candidate: str | None, device: str) -> Known:
    """Raises: Unusable: one of the two leads to nothing."""
    from rnn_manual.candidates.process.loading import load

    if candidate is not None:
        load(candidate)
    return known(device)
