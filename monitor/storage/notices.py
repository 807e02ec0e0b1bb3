"""What needs a person, remembered: so each is told once, and once more when it is over, whatever was stopped between.

Effects: database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.model import Need, Notice
from monitor.model.notices import notice_key
from monitor.storage.care_tables import NOTICE
from monitor.storage.rows import portions, upsert

OPEN_MAX = 2_000
"""Notices that are open at a time; what needs a person beyond these is seen once some of them are over."""
_TICK = timedelta(seconds=1)


class NoticeTable:
    """Questions and changes of notices."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def raise_(self, key: str, head: str, remedy: str, detail: str, now: datetime) -> bool:
        """Remember that something needs a person; True where it did not before, or not any more.

        What is open keeps its beginning and takes the new words. What was over, before anybody was told so, goes on as
        if it had not been. Nothing is opened beyond `OPEN_MAX`.
        """
        return bool(self.raise_all([Need(key, head, remedy, detail)], now))

    def raise_all(self, needs: Sequence[Need], now: datetime) -> int:
        """As `raise_`, for many in a few statements; how many did not need a person before, or not any more."""
        found = {need.key: need for need in needs}
        known = self._get_all(list(found))
        room = OPEN_MAX - self._count_open()
        rows: list[dict[str, object]] = []
        new = 0
        for key, need in found.items():
            before = known.get(key)
            if before is not None and before.says(need):
                continue
            since, told_at = now, before.told_at if before is not None else None
            if before is not None and (before.is_open or (before.is_told and not before.is_end_told)):
                since = before.since
            elif before is None and new >= room:
                continue
            elif told_at is not None:  # one that comes again was not told yet, however the clock was set meanwhile
                told_at = min(told_at, now - _TICK)
            new += before is None or not before.is_open
            words = {"head": need.head, "remedy": need.remedy, "detail": need.detail}
            rows.append({"key": key, "since": since, "told_at": told_at, "over_at": None, **words})
        upsert(self._db, NOTICE, rows, update=["since", "told_at", "over_at", "head", "remedy", "detail"])
        return new

    def clear(self, key: str, now: datetime) -> bool:
        """It needs nobody any more; True where it did."""
        return bool(self.clear_all([key], now))

    def clear_all(self, keys: Collection[str], now: datetime) -> int:
        """As `clear`, for many; how many did need a person."""
        gone = 0
        for some in portions(sorted(map(notice_key, keys))):
            over = sa.update(NOTICE).where(NOTICE.c.key.in_(some), NOTICE.c.over_at.is_(None))
            gone += self._db.execute(over.values(over_at=now)).rowcount
        return gone

    def get(self, key: str) -> Notice | None:
        """One notice, open or over; None where nothing is remembered of it."""
        return self._get_all([notice_key(key)]).get(notice_key(key))

    def open(self) -> list[Notice]:
        """Every notice that needs a person now, the longest first."""
        rows = self._db.execute(sa.select(NOTICE).where(NOTICE.c.over_at.is_(None)).order_by(NOTICE.c.since))
        return sorted(map(_to_notice, rows), key=lambda notice: (notice.since, notice.key))

    def all(self) -> list[Notice]:
        """Every notice that is remembered, the longest first."""
        rows = self._db.execute(sa.select(NOTICE))
        return sorted(map(_to_notice, rows), key=lambda notice: (notice.since, notice.key))

    def tell(self, keys: Collection[str], now: datetime) -> None:
        """The operator is told of these: of the beginning of what is open, of the end of what is over."""
        for some in portions(sorted(keys)):
            mine = NOTICE.c.key.in_(some)
            # Never at the very moment it began or ended, so that what was told of can be read from the times alone.
            at = sa.case((sa.and_(NOTICE.c.over_at.is_not(None), NOTICE.c.over_at >= now), now + _TICK), else_=now)
            at = sa.case((NOTICE.c.since > now, NOTICE.c.since), else_=at)
            self._db.execute(sa.update(NOTICE).where(mine).values(told_at=at))

    def forget(self, before: datetime, *, limit: int) -> int:
        """Remove at most so many that were over before then; how many went."""
        ended = sa.select(NOTICE.c.key).where(NOTICE.c.over_at < before).limit(limit)
        keys = list(self._db.execute(ended).scalars())
        for some in portions(keys):
            self._db.execute(sa.delete(NOTICE).where(NOTICE.c.key.in_(some)))
        return len(keys)

    def _count_open(self) -> int:
        asked = sa.select(sa.func.count()).select_from(NOTICE).where(NOTICE.c.over_at.is_(None))
        return int(self._db.execute(asked).scalar_one())

    def _get_all(self, keys: Sequence[str]) -> dict[str, Notice]:
        found: dict[str, Notice] = {}
        for some in portions(keys):
            rows = self._db.execute(sa.select(NOTICE).where(NOTICE.c.key.in_(some)))
            found |= {notice.key: notice for notice in map(_to_notice, rows)}
        return found


def _to_notice(row: Row[Any]) -> Notice:
    return Notice(row.key, row.since, row.head, row.remedy, row.detail, row.told_at, row.over_at)
