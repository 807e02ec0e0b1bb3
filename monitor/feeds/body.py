"""A body as it comes from the wire, decoded within bounds.

A few kilobytes can unpack to gigabytes, and a few megabytes can come one byte at a time; both are noticed while the
body streams, at the cost of one step.

Effects: none.
"""

import zlib

from monitor.errors import FetchError, FetchReason

DECODE_STEP = 65_536
"""Bytes decoded at a time: a compressed bomb costs this much memory before it is noticed."""
PIECES_MAX = 100_000
"""Pieces a body may come in: 50 bytes each in the largest. One byte at a time would hold the loop for minutes."""
GZIP_MARK = b"\x1f\x8b"
MEMBERS_MAX = 2_000
"""Members of a compressed body; those who write many cut after 64 KB."""


class Body:
    """Takes a body piece by piece, decoded, and refuses to grow past its bounds."""

    def __init__(self, bytes_max: int, where: str, *, is_gzip: bool) -> None:
        self._bytes_max = bytes_max
        self._where = where
        self._raw_bytes = 0
        self._pieces = 0
        self._members = 0
        self._held = b""
        """The first byte of what may be a compressed member, until the second one comes."""
        self._parts = bytearray()
        self._is_gzip: bool | None = True if is_gzip else None
        """None until the body's own beginning tells."""
        self._is_over = False
        """After the last member only padding comes."""
        self._decoder: zlib._Decompress | None = None

    def add(self, piece: bytes) -> None:
        """One more piece from the wire."""
        self._raw_bytes += len(piece)
        self._pieces += 1
        if self._raw_bytes > self._bytes_max or self._pieces > PIECES_MAX:
            raise self._too_large()
        if self._held:
            piece, self._held = self._held + piece, b""
        if self._is_gzip is None and piece:
            if piece == GZIP_MARK[:1]:
                self._held = piece
                return
            self._is_gzip = piece.startswith(GZIP_MARK)  # compressed without saying so
        if self._is_gzip:
            self._decode(piece)
        else:
            self._keep(piece)

    def finish(self) -> bytes:
        """The whole body."""
        if self._decoder is not None and not self._decoder.eof:
            raise bad_encoding("the compressed body ends too early", self._where)
        if self._is_gzip is None:
            self._keep(self._held)
        return bytes(self._parts)

    def _decode(self, piece: bytes) -> None:
        while piece and not self._is_over:
            if self._decoder is None or self._decoder.eof:
                if self._members and piece == GZIP_MARK[:1]:
                    self._held = piece
                    return
                self._is_over = self._members > 0 and not piece.startswith(GZIP_MARK)
                if self._is_over:
                    return
                self._begin_member()
            piece = self._decode_member(piece)

    def _begin_member(self) -> None:
        self._members += 1
        if self._members > MEMBERS_MAX:
            raise bad_encoding(f"the compressed body has more than {MEMBERS_MAX} members", self._where)
        self._decoder = zlib.decompressobj(47)  # 32 + 15: gzip or zlib, whichever its head says

    def _decode_member(self, piece: bytes) -> bytes:
        """Decode to the end of the member or of the piece, one step at a time; returns what is left of the piece."""
        assert self._decoder is not None
        while True:
            try:
                plain = self._decoder.decompress(piece, DECODE_STEP)
            except zlib.error as error:
                raise bad_encoding(f"the compressed body is damaged ({error})", self._where) from error
            self._keep(plain)
            if self._decoder.eof:
                return self._decoder.unused_data
            piece = self._decoder.unconsumed_tail
            if not piece and len(plain) < DECODE_STEP:
                return b""  # a full step may leave more inside the decoder although all input is taken

    def _keep(self, plain: bytes) -> None:
        self._parts += plain
        if len(self._parts) > self._bytes_max:
            raise self._too_large()

    def _too_large(self) -> FetchError:
        what = f"the body is larger than {self._bytes_max} bytes, or in more than {PIECES_MAX} pieces"
        remedy = "Raise polling.body_bytes_max if this feed is right."
        return FetchError(what, reason=FetchReason.TOO_LARGE, where=self._where, remedy=remedy)


def bad_encoding(what: str, where: str) -> FetchError:
    """A body that cannot be decoded; asking again without compression may help."""
    return FetchError(what, reason=FetchReason.BAD_ENCODING, where=where)
