"""How far something that reads a whole archive has come, for a person at a terminal: one line, gone when it is done.

Effects: a thread, writes to the terminal.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

AFTER_S = 2.0
"""What is done sooner needs no line."""
EVERY_S = 0.5
BAR_CHARS = 30


@contextmanager
def shown_progress(look: Callable[[], str], out: TextIO, *, is_shown: bool, after_s: float = AFTER_S) -> Iterator[None]:
    """Show what `look` says, over and over, while the block runs longer than that; nothing where it is not shown.

    `look` is called from another thread.
    """
    if not is_shown:
        yield
        return
    is_done = threading.Event()
    shower = threading.Thread(target=_show, args=(look, out, is_done, after_s), name="progress", daemon=True)
    shower.start()
    try:
        yield
    finally:
        is_done.set()
        shower.join()


def bar_line(what: str, share: float) -> str:
    """`copied [######........................] 20 %`; the share is from 0 to 1."""
    bounded = min(1.0, max(0.0, share))
    filled = int(BAR_CHARS * bounded)
    return f"{what} [{'#' * filled}{'.' * (BAR_CHARS - filled)}] {100 * bounded:.0f} %"


def _show(look: Callable[[], str], out: TextIO, is_done: threading.Event, after_s: float) -> None:
    wait_s, is_out = after_s, False
    while not is_done.wait(wait_s):
        wait_s, is_out = EVERY_S, True
        out.write(f"\r{look()}\x1b[K")
        out.flush()
    if is_out:
        out.write("\r\x1b[K")
        out.flush()
