"""The head of a GET as bytes, and the head of a 304 from bytes: the two that are exchanged at nearly every visit.

Only what is beyond doubt is read or written here; for all else the caller has the HTTP library, which costs five
times as much (measured).

Effects: none.
"""

import re
from collections.abc import Iterable, Sequence

HEAD_BYTES_MAX = 16_384
"""A longer head of a 304 is left to the library."""

_UNCHANGED = (b"HTTP/1.1 304", b"HTTP/1.0 304")
_TARGET = re.compile(rb"/[\x21-\x7e]*")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_PLAIN = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
"""No control character but the tab: what a value or a reason may be made of."""
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FRAMING = frozenset({b"host", b"connection", b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
"""Headers that say where a message goes or how long it is: who sends such a one of his own is looked at closely."""


def get_head(target: bytes, host: bytes, more: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The head of a GET that keeps no connection, or None where a part of it may not be sent as it is."""
    lines = [b"GET %b HTTP/1.1" % target, b"Host: %b" % host]
    for name, value in more:
        if not _NAME.fullmatch(name) or not _PLAIN.fullmatch(value) or value != value.strip(b" \t"):
            return None
        if name.lower() in _FRAMING and (name, value) != (b"Connection", b"keep-alive"):
            return None
        lines.append(b"%b: %b" % (name, value))
    if not _TARGET.fullmatch(target) or not _NAME.fullmatch(host.translate(None, b":[]")):
        return None
    return b"\r\n".join([*lines, b"", b""])


def may_be_unchanged(came: bytes) -> bool:
    """Whether what came so far begins as a 304 does and its head may still be read here once more has come."""
    return came.startswith(_UNCHANGED) and len(came) < HEAD_BYTES_MAX and not _BLANK_LINE.search(came)


def read_unchanged(came: bytes) -> Sequence[tuple[bytes, bytes]] | None:
    """The headers of a 304 whose whole head has come; None for anything else, and for a head with anything odd."""
    head, blank, _ = came.partition(b"\r\n\r\n")
    if not blank or not head.startswith(_UNCHANGED):
        return None
    first, *lines = head.split(b"\r\n")
    if first[12:13] not in (b"", b" ") or not _PLAIN.fullmatch(first):
        return None
    found = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or not _PLAIN.fullmatch(value):
            return None
        value = value.strip(b" \t")
        if name.lower() == b"transfer-encoding" or (name.lower() == b"content-length" and value != b"0"):
            return None
        found.append((name, value))
    return found
