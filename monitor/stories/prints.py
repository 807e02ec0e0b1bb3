"""A print as bytes, and back: some 450 bytes for what a feed carries of an article.

Little-endian: a head, the terms and hashes of 32 bits, the weights of 8. The first byte is the version; bytes of
another version are not read, and the print is made anew from the article.

Effects: none.
"""

import struct
import sys
from array import array
from collections.abc import Sequence
from functools import partial
from itertools import chain

from monitor.stories.similarity import Print, Said

VERSION = 1
"""Raise it when anything changes that a print is made of: words, terms, weights, guards."""
_HEAD = struct.Struct("<BBHdqq7B")
_CUT, _PAGE, _UP, _DOWN, _HAS_URL, _NEGATED = 1, 2, 4, 8, 16, 32


def pack(mark: Print) -> bytes:
    """The bytes of a print."""
    said = mark.said
    parts = [
        mark.weights,
        said.headline,
        said.headline_runs,
        said.runs,
        said.numbers,
        said.headline_numbers,
        said.names,
    ]
    flags = _CUT * mark.is_cut | _PAGE * mark.is_page | _HAS_URL * (mark.url_key is not None)
    flags |= (0, _UP, _DOWN)[mark.direction] | _NEGATED * mark.is_negated
    # What is not told apart by order is written in whatever order it comes.
    head = _HEAD.pack(
        VERSION, flags, min(mark.words, 65_535), mark.norm, mark.headline_key, mark.url_key or 0, *map(len, parts)
    )
    hashes = array("I", list(chain.from_iterable(parts)))
    if sys.byteorder == "big":
        hashes.byteswap()
    return head + hashes.tobytes() + bytes(mark.weights.values())


def unpack(packed: bytes) -> Print | None:
    """The print of these bytes; None where they are of another version."""
    if not packed or packed[0] != VERSION:
        return None
    _, flags, words, norm, headline_key, url_key, *counts = _HEAD.unpack_from(packed)
    hashes = array("I")
    end = _HEAD.size + 4 * sum(counts)
    hashes.frombytes(packed[_HEAD.size : end])
    if sys.byteorder == "big":
        hashes.byteswap()
    return Print(
        weights=dict(zip(hashes[: counts[0]], packed[end:], strict=True)),
        norm=norm,
        words=words,
        headline_key=headline_key,
        url_key=url_key if flags & _HAS_URL else None,
        is_page=bool(flags & _PAGE),
        direction=bool(flags & _UP) - bool(flags & _DOWN),
        is_cut=bool(flags & _CUT),
        is_negated=bool(flags & _NEGATED),
        read_said=partial(_read_said, hashes, counts),
    )


def _read_said(hashes: Sequence[int], counts: Sequence[int]) -> Said:
    parts = []
    start = counts[0]
    for count in counts[1:]:
        parts.append(frozenset(hashes[start : start + count]))
        start += count
    return Said(*parts)
