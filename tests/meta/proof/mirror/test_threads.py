"""What is handed to another thread is seen, of this thread alone, and for as long as asked."""

import threading
from multiprocessing.pool import ThreadPool

from rnn_manual.proof.mirror.threads import HANDED_OVER_BY, handed_over


def functions():
    return [getattr(owner, name) for owner, name in HANDED_OVER_BY]


def in_a_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_threads_of_this_thread_are_seen():
    """And not those that these start."""
    told = []
    with ThreadPool(1) as pool, handed_over(lambda: told.append(1)):
        in_a_thread(lambda: in_a_thread(int))
        assert len(told) == 1
        assert pool.map(abs, [-1]) == [1]
        assert len(told) > 1


def test_all_is_as_before_however_they_overlap():
    """Two runs at once, the first of which ends first."""
    before, entered, ended = functions(), threading.Event(), threading.Event()

    def first():
        with handed_over(lambda: None):
            entered.set()
            ended.wait(60)

    other = threading.Thread(target=first)
    other.start()
    entered.wait(60)
    with handed_over(lambda: None):
        ended.set()
        other.join()
        assert functions() != before
    assert functions() == before
