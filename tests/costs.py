"""What a step may cost, told in a measure that a slow or busy machine stretches as much as the step itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

COUNTED_TO = 1_000_000


def count_s() -> float:
    """CPU seconds of counting to a million: 15 to 50 ms, by machine and hour."""
    started = time.process_time()
    for _ in range(COUNTED_TO):
        pass
    return time.process_time() - started


@contextmanager
def at_most(counts: int) -> Iterator[None]:
    """The block takes no more CPU time than counting to a million so many times; far less than what grows with the
    square of its input takes.
    """
    before = count_s()
    started = time.process_time()
    yield
    spent = time.process_time() - started
    assert spent < counts * max(before, count_s())
