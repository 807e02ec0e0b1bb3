"""The parser process: takes feeds and pages off one socket and writes what they hold, until the other end closes.

It is started as `python -m monitor.feeds.parser_child FD MEMORY_BYTES` and loads the parsers and nothing else, so
that it starts fast and stays small; what reads pages is loaded with the first page. It has no secret in its
environment and no file or database open.

Effects: limits its own memory, ignores SIGINT and SIGTERM (the parent drains), reads and writes one socket.
"""

import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from monitor.errors import ParseError, ParseReason
from monitor.feeds.page import read_headlines, read_page
from monitor.feeds.parse import parse_feed
from monitor.feeds.wire import Answer, HeadlinesRequest, PageRequest, pack_answer, unpack_request

LENGTH_BYTES = 4
READY = b"ready"
EXIT_TOO_BIG = 70
RESERVE_BYTES = 64 << 20
"""Address space above the limit, opened only to say that the limit was reached."""
RESIDENT_BYTES_MAX = 192 << 20
"""Memory from which on the process ends with its answer: Python gives little back, and ordinary feeds need 80 MB."""


def serve(link: socket.socket) -> None:
    """Answer each request in turn; return when the parent is gone, or when this process has grown too large."""
    send(link, READY)
    while (message := receive(link)) is not None:
        answer = _answer(message)
        is_last = _resident_bytes() > RESIDENT_BYTES_MAX
        if isinstance(answer, ParseError) and answer.reason is ParseReason.TOO_BIG:
            is_last = True
            _open_reserve()
        try:
            packed = pack_answer(answer, is_last=is_last)
        except MemoryError:
            is_last = True
            _open_reserve()
            packed = pack_answer(_too_big(), is_last=True)
        send(link, packed)
        if is_last:
            return


def send(link: socket.socket, message: bytes) -> None:
    """One message, its length first."""
    link.sendall(len(message).to_bytes(LENGTH_BYTES, "big"))
    link.sendall(message)


def receive(link: socket.socket) -> bytes | None:
    """One message, or None when the other end has closed."""
    head = _read(link, LENGTH_BYTES)
    return None if head is None else _read(link, int.from_bytes(head, "big"))


def _read(link: socket.socket, count: int) -> bytes | None:
    buffer = bytearray(count)
    view = memoryview(buffer)
    done = 0
    while done < count:
        got = link.recv_into(view[done:])
        if not got:
            return None
        done += got
    return bytes(buffer)


def _answer(message: bytes) -> Answer:
    try:
        request = unpack_request(message)
        if isinstance(request, PageRequest):
            return read_page(
                request.body, request.charset, longer_than=request.longer_than, find_paragraphs=_paragraph_finder()
            )
        if isinstance(request, HeadlinesRequest):
            return read_headlines(request.body, request.charset)
        return parse_feed(request.body, base_url=request.base_url, charset=request.charset, now=request.now)
    except ParseError as error:
        return error
    except MemoryError:
        _open_reserve()
        return _too_big()


def _paragraph_finder() -> Callable[[str], str] | None:
    """What finds a page's paragraphs, loaded now if it is installed: most parsers never read a page."""
    if find_spec("trafilatura") is None:
        return None
    finder: Callable[[str], str] = import_module("monitor.feeds.readable").find_paragraphs
    return finder


def _open_reserve() -> None:
    """Raise the soft limit to the hard one, so that a process that ran out can still say so, once."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _too_big() -> ParseError:
    return ParseError("reading it takes more memory than is allowed", reason=ParseReason.TOO_BIG)


def _resident_bytes() -> int:
    """How much memory this process holds now.

    Not the peak that `getrusage` tells: on Linux a child begins with the peak of the process that started it, and a
    daemon that once took in a thousand feeds would have its parser end after every single one.
    """
    try:
        with open("/proc/self/statm", "rb") as counts:
            return int(counts.read().split()[1]) * resource.getpagesize()
    except OSError:  # no such file elsewhere, where the peak is the process's own
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run(descriptor: int, memory_bytes_max: int) -> None:
    """Set the limits, then serve on the inherited socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.disable()  # what the libraries think of a publisher's markup is no news of ours
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":  # macOS has the constant and refuses the call
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes_max, memory_bytes_max + RESERVE_BYTES))
    link = socket.socket(fileno=descriptor)
    try:
        serve(link)
    except OSError:
        return  # the parent went away in the middle of an answer
    except MemoryError:
        _open_reserve()
        os._exit(EXIT_TOO_BIG)  # at once: an ordinary end needs memory too


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
