"""A visit that brought something, as bytes that another process of this version reads again.

JSON, and zlib as quick as it goes. The feed itself is not in it: who unpacks it has the feed's row as it is by then.

Effects: none.
"""

import json
import zlib
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from monitor.model import Entry, Feed, Fetched, ParsedFeed, Polled, PollOutcome

VERSION = 1
LEVEL = 1
"""A third of the size of the text for a tenth of the work of the usual level (6)."""
UNPACKED_BYTES_MAX = 400_000_000
"""Four times the largest body that a configuration can allow: parsed text is said twice, as summary and content."""
_TIMES = ("published", "updated")
_DEFAULTS = dict(
    zip(Entry.__struct_fields__[-len(Entry.__struct_defaults__) :], Entry.__struct_defaults__, strict=True)
)


class PackError(ValueError):
    """The bytes were not packed by this version, or are damaged."""


def pack_polled(polled: Polled) -> bytes:
    """All that ingest needs of a visit whose body was parsed."""
    assert polled.parsed is not None, "what brought nothing is written down by who visited"
    assert isinstance(polled.fetched, Fetched)
    parsed = {name: getattr(polled.parsed, name) for name in ParsedFeed.__struct_fields__}
    said = {
        "version": VERSION,
        "outcome": polled.outcome.value,
        "polled_at": polled.polled_at.isoformat(),
        "fetched": {name: getattr(polled.fetched, name) for name in Fetched.__struct_fields__ if name != "body"},
        "parsed": parsed | {"entries": [_of_entry(entry) for entry in polled.parsed.entries]},
        "body_hash": _of_bytes(polled.body_hash),
        "entries_hash": _of_bytes(polled.entries_hash),
        "bytes_read": polled.bytes_read,
        "elapsed_ms": polled.elapsed_ms,
    }
    return zlib.compress(
        json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"), LEVEL
    )


def unpack_polled(body: bytes, feed: Feed) -> Polled:
    """The visit again, to this feed. Raises `PackError` for what this version did not write."""
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(body, UNPACKED_BYTES_MAX)
        if not unpacking.eof:  # also where only its checksum is missing or was not reached
            raise PackError("cut off, or too large")
        said = json.loads(text.decode("utf-8", "surrogatepass"))
        if said["version"] != VERSION:
            raise PackError(f"version {said['version']}")
        parsed = said["parsed"]
        entries = tuple(_to_entry(entry) for entry in parsed["entries"])
        return Polled(
            feed,
            PollOutcome(said["outcome"]),
            datetime.fromisoformat(said["polled_at"]),
            fetched=Fetched(body=b"", **said["fetched"]),
            parsed=replace(ParsedFeed(**(parsed | {"entries": ()})), entries=entries),
            body_hash=_to_bytes(said["body_hash"]),
            entries_hash=_to_bytes(said["entries_hash"]),
            bytes_read=said["bytes_read"],
            elapsed_ms=said["elapsed_ms"],
        )
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackError(f"what was handed over cannot be read ({type(error).__name__})") from error


def _of_entry(entry: Entry) -> dict[str, Any]:
    """Only what is not the default: most entries have half of the fields."""
    said: dict[str, Any] = {}
    for name in Entry.__struct_fields__:
        value = getattr(entry, name)
        if name in _TIMES:
            value = None if value is None else value.isoformat()
        if name not in _DEFAULTS or value != _DEFAULTS[name]:
            said[name] = value
    return said


def _to_entry(said: dict[str, Any]) -> Entry:
    times = {name: datetime.fromisoformat(said[name]) for name in _TIMES if said.get(name)}
    return Entry(**(said | times | {"tags": tuple(said.get("tags", ()))}))


def _of_bytes(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _to_bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)
