"""What a server answered at one visit, as it is written into a recording and read again, byte for byte.

A record is a line of JSON, the body as zlib packed it, and a line with a checksum of both; so a record that was torn by
a kill is known as torn, and whatever stands before it counts. No address in it carries a user, a password or a query.

Effects: none.
"""

import json
import zlib
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, BinaryIO

from msgspec import Struct

from monitor.errors import FetchError, FetchReason
from monitor.model import Fetched, Gone, NotModified

VERSION = 1
HEADER_BYTES_MAX = 64_000
"""Longest header line: addresses and validators are bounded far below it."""
BODY_BYTES_MAX = 100_000_000
"""The largest body that a configuration can allow (`body_bytes_max`)."""
PACKED_BYTES_MAX = BODY_BYTES_MAX + 1_000_000
LEVEL = 6
_SUM_BYTES = 16

Answer = Fetched | NotModified | Gone | FetchError


class Recorded(Struct, frozen=True):
    """One visit to one feed and what came back."""

    feed: str
    """Its configured address as it may be shown."""
    key: str
    """By which the feed is found again: `feed_key` of its whole configured address."""
    at: datetime
    """When the visit began."""
    elapsed_ms: int
    answer: Answer
    """A `Fetched` has no body where it is the one that was recorded last of this feed; a failure is its reason."""
    body_hash: str = ""
    """BLAKE2b of the body in hex, also where the body stands in an earlier record."""

    @property
    def came_at(self) -> datetime:
        """When the answer had come."""
        return self.at + timedelta(milliseconds=self.elapsed_ms)

    @property
    def has_body(self) -> bool:
        """Whether the body stands in this very record."""
        return isinstance(self.answer, Fetched) and bool(self.answer.body)


class TornError(Exception):
    """What was read is no whole record: it ends in the middle, or its checksum says another thing."""


def feed_key(url: str) -> str:
    """How a recording knows a feed: its address may hold a key that no file shall show."""
    return blake2b(url.encode(), digest_size=16).hexdigest()


def hash_of(body: bytes) -> str:
    """How a recording knows a body."""
    return blake2b(body, digest_size=16).hexdigest()


def pack(record: Recorded) -> bytes:
    """The record as it is appended to a segment."""
    body = record.answer.body if isinstance(record.answer, Fetched) else b""
    packed = zlib.compress(body, LEVEL) if body else b""
    header = {
        "v": VERSION,
        "feed": record.feed,
        "key": record.key,
        "at": record.at.isoformat(),
        "ms": record.elapsed_ms,
        **_answer_fields(record.answer),
        "hash": record.body_hash,
        "bytes": len(packed),
    }
    line = json.dumps(header, separators=(",", ":")).encode()
    return b"\n".join((line, packed, _sum(line, packed), b""))


def read_one(file: BinaryIO) -> Recorded | None:
    """The next record of a segment; None at its end. Raises `TornError` where what follows is no whole record."""
    line = file.readline(HEADER_BYTES_MAX + 1)
    if not line:
        return None
    try:
        header: dict[str, Any] = json.loads(line)
        size = header["bytes"]
        if header["v"] != VERSION or not isinstance(size, int) or not 0 <= size <= PACKED_BYTES_MAX:
            raise TornError
        packed = file.read(size)
        ends = file.readline(2) == b"\n" and file.readline(2 * _SUM_BYTES + 2) == _sum(line[:-1], packed) + b"\n"
        if not ends or not line.endswith(b"\n"):
            raise TornError
        body = _unpack(packed)
        return Recorded(
            feed=str(header["feed"]),
            key=str(header["key"]),
            at=datetime.fromisoformat(header["at"]),
            elapsed_ms=int(header["ms"]),
            answer=_to_answer(header, body),
            body_hash=str(header["hash"]),
        )
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError) as error:
        raise TornError from error


def _unpack(packed: bytes) -> bytes:
    if not packed:
        return b""
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(packed, BODY_BYTES_MAX)
    if not unpacker.eof:
        raise TornError
    return body


def _sum(line: bytes, packed: bytes) -> bytes:
    digest = blake2b(line, digest_size=_SUM_BYTES)
    digest.update(packed)
    return digest.hexdigest().encode()


def _answer_fields(answer: Answer) -> dict[str, object]:
    if isinstance(answer, Fetched):
        return {
            "kind": "fetched",
            "status": answer.status,
            "final": answer.final_url,
            "type": answer.content_type,
            "charset": answer.charset,
            **_validators(answer),
        }
    if isinstance(answer, NotModified):
        return {"kind": "unchanged", "status": 304, "final": answer.final_url, **_validators(answer)}
    if isinstance(answer, Gone):
        return {"kind": "gone", "status": 410, "final": answer.final_url}
    return {
        "kind": "failed",
        "status": answer.status,
        "reason": answer.reason.value,
        "what": answer.what,
        "retry": answer.retry_after_s,
    }


def _validators(answer: Fetched | NotModified) -> dict[str, object]:
    return {
        "etag": answer.etag,
        "modified": answer.last_modified,
        "wait": answer.min_wait_s,
        "moved": answer.permanent_url,
    }


def _to_answer(header: dict[str, Any], body: bytes) -> Answer:
    kind = header["kind"]
    if kind == "gone":
        return Gone(header["final"])
    if kind == "failed":
        return FetchError(
            header["what"],
            reason=FetchReason(header["reason"]),
            status=header["status"],
            retry_after_s=header["retry"],
            where=header["feed"],
        )
    common = {
        "etag": header["etag"],
        "last_modified": header["modified"],
        "min_wait_s": header["wait"],
        "permanent_url": header["moved"],
    }
    if kind == "unchanged":
        return NotModified(header["final"], **common)
    return Fetched(
        body, header["final"], header["status"], content_type=header["type"], charset=header["charset"], **common
    )
