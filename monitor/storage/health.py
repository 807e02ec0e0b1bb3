"""How feeds are: which fail, lag or may have lost entries, and what single visits came to.

Effects: database.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.feeds.coverage import LOST_TOLD, SILENT_AT_LEAST, troubles_of
from monitor.model import Feed, FeedId, FeedTrouble, PollOutcome, TroubleKind
from monitor.storage.canary import IS_CANARY_FEED
from monitor.storage.feed_rows import to_feed
from monitor.storage.tables import ARTICLE, FEED, POLL

SILENCE_LOOKED_AT = timedelta(days=1)
"""A digest looks at what is silent for a day; what is unusual sooner, the operator is told sooner."""
TROUBLES_MAX = 1000
"""Troubles of a kind that are looked at: as many feeds as one is meant to poll, so that their count is true."""
BROUGHT_MAX = 30_000
"""Articles whose addresses are read for whose site they are: what a host brought lately tells most, and takes 0.1 s."""


class FeedHealth(Struct, frozen=True):
    """A feed as `status` and `feeds list` show it."""

    feed: Feed
    active: bool
    title: str
    outcome: str
    reason: str
    error: str
    status: int | None
    next_poll_at: datetime
    last_poll_at: datetime | None
    last_new_at: datetime | None
    lost_windows: int
    lost_entries: int
    same_as: FeedId | None
    """The feed it is the same as, since it moved to that one's address."""
    articles: int = 0
    hold_until: datetime | None = None
    """Until when its server asked us to stay away."""


class Bringer(Struct, frozen=True):
    """A feed that brought articles of a site."""

    feed: str
    articles: int
    last_at: datetime


class PollVisit(Struct, frozen=True):
    """One recorded visit, for `explain`."""

    polled_at: datetime
    outcome: str
    status: int | None
    entries: int
    new: int
    reason: str
    error: str
    note: str = ""
    """What was odd about a visit that did not fail, in words."""


class HealthTable:
    """Questions about feeds and their visits."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def troubles(self, now: datetime, *, limit: int = TROUBLES_MAX) -> list[FeedTrouble]:
        """What feeds may keep from us, the longest first, at most `limit` of a kind."""
        rows = self._db.execute(
            sa.select(FEED)
            .where(FEED.c.active, FEED.c.same_as.is_(None), ~IS_CANARY_FEED)
            .where(
                sa.or_(
                    FEED.c.fail_count > 0,
                    FEED.c.outcome.in_(("gone", "failed")),
                    FEED.c.quarantine != "",
                    FEED.c.last_lost_at > now - LOST_TOLD,
                    sa.and_(FEED.c.longest_gap_s > 0, FEED.c.watermark_at < now - SILENT_AT_LEAST),
                    FEED.c.last_new_at < now - SILENCE_LOOKED_AT,
                )
            )
        )
        found: dict[TroubleKind, list[FeedTrouble]] = {}
        for row in rows:
            for trouble in troubles_of(to_feed(row), row.outcome, row.reason, now):
                found.setdefault(trouble.kind, []).append(trouble)
        ordered = (sorted(some, key=lambda each: (each.since, each.name))[:limit] for some in found.values())
        return [trouble for some in ordered for trouble in some]

    def count_active(self) -> int:
        """How many feeds are polled."""
        return self._db.execute(
            sa.select(sa.func.count()).select_from(FEED).where(FEED.c.active, ~IS_CANARY_FEED)
        ).scalar_one()

    def all(self, *, with_articles: bool = False) -> list[FeedHealth]:
        """Every feed with its health, by name."""
        counts: Mapping[int, int] = {}
        if with_articles:
            grouped = sa.select(ARTICLE.c.feed_id, sa.func.count().label("n")).group_by(ARTICLE.c.feed_id)
            counts = {row.feed_id: row.n for row in self._db.execute(grouped)}
        rows = self._db.execute(sa.select(FEED).where(~IS_CANARY_FEED).order_by(sa.func.lower(FEED.c.name), FEED.c.id))
        return [to_health(row, counts.get(row.id, 0)) for row in rows]

    def needing(self) -> list[FeedHealth]:
        """The feeds that may need a person, by name, those they are doubles of, and one in good standing if any is.

        What needs a person follows from these as from all: of a hundred thousand, to read all takes seconds.
        """
        bad = sa.or_(
            FEED.c.outcome.in_(("gone", "failed")),
            FEED.c.failing_since.is_not(None),
            FEED.c.quarantine != "",
            FEED.c.same_as.is_not(None),
        )
        ours = sa.and_(FEED.c.active, ~IS_CANARY_FEED)
        active = sa.select(FEED.c.id).where(ours).limit(1)
        well = sa.select(FEED.c.id).where(ours, FEED.c.last_poll_at.is_not(None), FEED.c.outcome != "failed").limit(1)
        ids = [*self._db.execute(active).scalars(), *self._db.execute(well).scalars()]
        doubled = sa.select(FEED.c.same_as).where(FEED.c.same_as.is_not(None))
        chosen = sa.select(FEED).where(~IS_CANARY_FEED, sa.or_(bad, FEED.c.id.in_(doubled), FEED.c.id.in_(ids)))
        return [to_health(row, 0) for row in self._db.execute(chosen.order_by(sa.func.lower(FEED.c.name), FEED.c.id))]

    def visits_around(self, feed_id: FeedId, at: datetime | None, *, latest: int = 3) -> list[PollVisit]:
        """The recorded visit that ended last before `at`, and the `latest` newest ones, oldest first."""
        mine = sa.select(POLL).where(POLL.c.feed_id == feed_id).order_by(POLL.c.polled_at.desc())
        rows = list(self._db.execute(mine.limit(latest)))
        if at is not None:
            rows += self._db.execute(mine.where(POLL.c.polled_at <= at).limit(1))
        found = {row.id: row for row in rows}
        ordered = sorted(found.values(), key=lambda row: row.polled_at)
        return list(map(to_visit, ordered))

    def visits_between(self, feed_id: FeedId, start: datetime, end: datetime, *, limit: int = 50) -> list[PollVisit]:
        """The recorded visits of that time, oldest first, at most `limit`."""
        mine = sa.select(POLL).where(POLL.c.feed_id == feed_id, POLL.c.polled_at >= start, POLL.c.polled_at < end)
        return [to_visit(row) for row in self._db.execute(mine.order_by(POLL.c.polled_at, POLL.c.id).limit(limit))]

    def bringers(self, host: str, *, limit: int) -> list[Bringer]:
        """The feeds that brought articles from this host among the newest `BROUGHT_MAX`, the busiest first."""
        newest = sa.select(ARTICLE.c.feed_id, ARTICLE.c.url, ARTICLE.c.first_seen_at)
        newest_ones = newest.order_by(ARTICLE.c.id.desc()).limit(BROUGHT_MAX).subquery()
        at = [newest_ones.c.url.like(f"%://{front}{_literal(host)}/%", escape="\\") for front in ("", "www.")]
        last = sa.func.max(newest_ones.c.first_seen_at).label("last_at")
        rows = self._db.execute(
            sa.select(FEED.c.name, sa.func.count().label("n"), last)
            .select_from(sa.join(newest_ones, FEED, newest_ones.c.feed_id == FEED.c.id))
            .where(sa.or_(*at))
            .group_by(FEED.c.id, FEED.c.name)
            .order_by(sa.desc("n"), FEED.c.name)
            .limit(limit)
        )
        return [Bringer(row.name, row.n, row.last_at) for row in rows]

    def forget_visits(self, before: datetime, *, limit: int = 1000) -> int:
        """Remove up to `limit` recorded visits older than `before`; returns how many went."""
        old = sa.select(POLL.c.id).where(POLL.c.polled_at < before).limit(limit)
        return self._db.execute(sa.delete(POLL).where(POLL.c.id.in_(old))).rowcount


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def to_visit(row: Row[Any]) -> PollVisit:
    """A visit of its row."""
    failed = row.outcome in (PollOutcome.FAILED.value, PollOutcome.GONE.value)
    said = (row.error, "") if failed else ("", row.error)
    return PollVisit(row.polled_at, row.outcome, row.status, row.entries, row.new, row.reason, *said)


def to_health(row: Row[Any], articles: int) -> FeedHealth:
    """A feed's health of its row, with the number of its articles."""
    return FeedHealth(
        feed=to_feed(row),
        active=row.active,
        title=row.title,
        outcome=row.outcome,
        reason=row.reason,
        error=row.error,
        status=row.status,
        next_poll_at=row.next_poll_at,
        last_poll_at=row.last_poll_at,
        last_new_at=row.last_new_at,
        lost_windows=row.lost_windows,
        lost_entries=row.lost_entries,
        same_as=FeedId(row.same_as) if row.same_as is not None else None,
        articles=articles,
        hold_until=row.hold_until,
    )
