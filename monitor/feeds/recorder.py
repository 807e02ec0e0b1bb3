"""Keep what servers answered: a folder per day (UTC), in it segments that are only ever appended to.

It is written in a thread of its own, so that no visit waits for it; what the disk takes too slowly is dropped and
counted. A disk that is nearly full, or refuses a write, ends the recording for an hour and nothing else. A kill in the
middle of a write costs that one record: the next start begins another segment.

Effects: files, a thread.
"""

import os
import shutil
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from queue import Full, Queue
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from monitor.errors import ParseError
from monitor.feeds.recorded import Answer, Recorded, feed_key, hash_of, pack
from monitor.feeds.recordings import SUFFIX, day_folder
from monitor.logs import get_log
from monitor.model import Fetched, Gone, NotModified, Polled
from monitor.urls import shown_url

log = get_log()

WAITING_MAX = 1_000
"""Visits that wait to be written; usually there is none."""
WAITING_BYTES_MAX = 50_000_000
"""Of their bodies: some ten of the largest feeds, a thousand ordinary ones."""
SEGMENT_BYTES_MAX = 64_000_000
FREE_BYTES_MIN = 500_000_000
"""Below this much free disk nothing is recorded: well before polling itself rests (200 MB)."""
REST = timedelta(hours=1)
"""How long a recording rests after the disk refused it."""
CLOSE_S = 5.0
"""How long a stop waits for what is still to be written."""
KNOWN_MAX = 200_000
"""Feeds whose last body is remembered, so that it is kept once a day; twice as many as one daemon polls."""


class RawLimits(Struct, frozen=True):
    """How much is kept; nothing at all with `days` 0."""

    days: int = 0
    day_bytes_max: int = 2_000_000_000


class Recorder:
    """Writes down visits. `note` never waits and never raises; it may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        limits: Callable[[], RawLimits],
        *,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self.folder = folder
        self.refusal = ""
        """Why nothing, or not all, is recorded now, in words; empty while all is well."""
        self._limits = limits
        self._free_bytes = free_bytes
        self._queue: Queue[Recorded | None] = Queue(WAITING_MAX)
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self._file: BinaryIO | None = None
        self._day = ""
        self._day_bytes = 0
        self._segment_bytes = 0
        self._known: dict[str, str] = {}
        self._resume_at: datetime | None = None

    def note(self, polled: Polled, answer: Answer | ParseError | None) -> None:
        """Have this visit written down, with the body that came; `polled` says of which feed and when."""
        if self._limits().days <= 0:
            self.refusal = ""
            return
        if answer is None or isinstance(answer, ParseError):
            return  # our own fault, not what a server said
        record = _to_record(polled, answer)
        size = len(answer.body) if isinstance(answer, Fetched) else 0
        with self._lock:
            if self._waiting_bytes and self._waiting_bytes + size > WAITING_BYTES_MAX:
                self._drop()
                return
            try:
                self._queue.put_nowait(record)
            except Full:
                self._drop()
                return
            self._waiting_bytes += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what waits, within a bound, and let go of the file."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            try:
                self._queue.put(None, timeout=CLOSE_S)
            except Full:
                return  # the disk hangs: the thread ends with the process
            thread.join(CLOSE_S)

    def _drop(self) -> None:
        if not self.refusal:
            log.warning("recording.behind", hint="the disk is too slow for it: visits are left out of the recording")
        self.refusal = "the disk takes it too slowly, so visits are missing in it"

    def _write_all(self) -> None:
        while (record := self._queue.get()) is not None:
            with self._lock:
                self._waiting_bytes -= len(record.answer.body) if isinstance(record.answer, Fetched) else 0
            try:
                self._write(record)
            except OSError as error:
                self._rest(f"{error.strerror or type(error).__name__}: {self.folder}", record.at + REST)
            except Exception as error:  # noqa: BLE001  # the edge of a unit of work: a record is lost, no visit is
                log.error("recording.broke", error=error, hint="please report this")
        self._end_segment()

    def _write(self, record: Recorded) -> None:
        if self._resume_at is not None and record.at < self._resume_at:
            return
        self._resume_at = None
        day = f"{record.at:%Y-%m-%d}"
        if day != self._day:
            self._begin_day(day)
        if self._free_bytes(self.folder) < FREE_BYTES_MIN:
            words = f"less than {FREE_BYTES_MIN // 1_000_000} MB are free at {self.folder}"
            self._rest(words, record.at + REST)
            return
        if self._known.get(record.key) == record.body_hash and isinstance(record.answer, Fetched):
            record = replace(record, answer=replace(record.answer, body=b""))
        packed = pack(record)
        limit = self._limits().day_bytes_max
        if self._day_bytes + len(packed) > limit:
            midnight = record.at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            self._rest(f"the day has reached raw_bytes_max, {limit // 1_000_000} MB", midnight)
            return
        if self._file is None or self._segment_bytes + len(packed) > SEGMENT_BYTES_MAX:
            self._begin_segment()
        assert self._file is not None
        self._file.write(packed)
        self._file.flush()
        self._segment_bytes += len(packed)
        self._day_bytes += len(packed)
        if record.has_body and len(self._known) < KNOWN_MAX:
            self._known[record.key] = record.body_hash
        if self._queue.qsize() < WAITING_MAX // 2:  # it keeps up again
            self.refusal = ""

    def _begin_day(self, day: str) -> None:
        self._end_segment()
        self._known.clear()  # each day holds every body it speaks of, and can be swept by itself
        folder = day_folder(self.folder, day)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._day_bytes = sum(path.stat().st_size for path in folder.glob(f"*{SUFFIX}"))
        self._day = day

    def _begin_segment(self) -> None:
        self._end_segment()
        folder = day_folder(self.folder, self._day)
        taken = [int(path.stem) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal()]
        path = folder / f"{max(taken, default=0) + 1:06d}{SUFFIX}"
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._segment_bytes = 0

    def _end_segment(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                log.warning("recording.torn", reason=error.strerror, hint="the last record is lost")

    def _rest(self, why: str, until: datetime) -> None:
        """Record nothing until then; a segment that took half a record is never written to again."""
        self._end_segment()
        self._resume_at, self._day = until, ""
        if self.refusal != why:
            log.error("recording.rests", reason=why, until=until, hint="feeds are watched as ever")
        self.refusal = why


def _to_record(polled: Polled, answer: Answer) -> Recorded:
    if isinstance(answer, Fetched):
        digest = hash_of(answer.body)
        answer = replace(answer, final_url=shown_url(answer.final_url), permanent_url=_shown(answer.permanent_url))
    elif isinstance(answer, NotModified):
        digest = ""
        answer = replace(answer, final_url=shown_url(answer.final_url), permanent_url=_shown(answer.permanent_url))
    elif isinstance(answer, Gone):
        digest, answer = "", Gone(shown_url(answer.final_url))
    else:
        digest = ""
    url = polled.feed.url
    return Recorded(shown_url(url), feed_key(url), polled.polled_at, polled.elapsed_ms, answer, digest)


def _shown(url: str | None) -> str | None:
    """An address that a feed moved to; one that carries a query may carry a key, and is left out."""
    return url if url is not None and shown_url(url) == url else None
