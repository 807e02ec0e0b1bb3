"""Feeds: which are due, who visits them, what a visit came to.

Effects: database.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitor.feeds.policy import first_poll_at
from monitor.model import Feed, FeedId, FeedSpec, FeedState, FeedTrouble
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, FEED, POLL
from monitor.urls import host_of

LEASE_S = 120
"""How long a visit may take before another worker may try: the exchange (30 s), the parser (10 s) and a full queue."""


NEXT_POLL_MAX = timedelta(days=8)
"""The longest wait the policy sets is a week, for a feed that is gone, and a tenth of it."""


@dataclass(frozen=True, slots=True)
class PollRecord:
    """What a visit writes down: the feed's new state, and a row of its own where the visit was worth one."""

    feed_id: FeedId
    state: FeedState
    polled_at: datetime
    next_poll_at: datetime
    outcome: str
    hold_until: datetime | None = None
    """Until when the server itself asked us to stay away; None otherwise."""
    title: str | None = None
    status: int | None = None
    entries: int = 0
    new: int = 0
    bytes_read: int = 0
    elapsed_ms: int = 0
    reason: str = ""
    error: str = ""
    lost_window: bool = False


@dataclass(frozen=True, slots=True)
class FeedHealth:
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
    last_ok_at: datetime | None
    last_new_at: datetime | None
    lost_windows: int
    articles: int = 0


@dataclass(frozen=True, slots=True)
class PollVisit:
    """One recorded visit, for `explain`."""

    polled_at: datetime
    outcome: str
    status: int | None
    entries: int
    new: int
    reason: str
    error: str


class FeedTable:
    """Questions and changes of the table of feeds."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def sync(self, specs: Sequence[FeedSpec], now: datetime, *, spread_s: int) -> tuple[int, int]:
        """Make the table agree with the configuration; returns how many were added and how many rest now.

        A feed is its URL: renaming keeps its memory, and one that leaves the configuration rests, with its memory,
        until it comes back. First visits are spread over `spread_s` by the address, the same way after a restart.
        """
        known = {row.url: row for row in self._db.execute(sa.select(FEED.c.url, FEED.c.active))}
        wanted = {spec.url: spec for spec in specs}
        new = [_first_row(spec, now, spread_s) for url, spec in wanted.items() if url not in known]
        if new:
            self._db.execute(sa.insert(FEED), new)
        old = [
            {"b_url": url, "name": spec.name, "language": spec.language, "weight": spec.weight, "active": True}
            for url, spec in wanted.items()
            if url in known
        ]
        if old:
            change = sa.update(FEED).where(FEED.c.url == sa.bindparam("b_url"))
            columns = ("name", "language", "weight", "active")
            self._db.execute(change.values({name: sa.bindparam(name) for name in columns}), old)
        rest = [url for url, row in known.items() if row.active and url not in wanted]
        for some in portions(rest):
            self._db.execute(sa.update(FEED).where(FEED.c.url.in_(some)).values(active=False))
        return len(new), len(rest)

    def claim_due(
        self,
        now: datetime,
        *,
        owner: str,
        limit: int,
        per_host: int | None = None,
        busy_hosts: Collection[str] = (),
        round_started_at: datetime | None = None,
    ) -> list[Feed]:
        """Lease up to `limit` feeds whose next poll has come, the most overdue first.

        Two workers may ask at the same moment; each feed goes to one of them, because the UPDATE that takes
        the lease is the one that checks it is free. A worker that dies keeps its feeds until the lease ends. At most
        `per_host` feeds of one host come at once, and none of `busy_hosts`, so that a host with many feeds does not
        keep all others waiting. With `round_started_at` every feed is due that was not visited since then, unless its
        server asked us to stay away.
        """
        free = sa.or_(FEED.c.lease_until.is_(None), FEED.c.lease_until <= now)
        # A time further ahead than any policy sets was set by a clock that was wrong: the feed is due.
        due = sa.or_(FEED.c.next_poll_at <= now, FEED.c.next_poll_at > now + NEXT_POLL_MAX)
        if round_started_at is not None:
            held = sa.or_(FEED.c.hold_until.is_(None), FEED.c.hold_until <= now)
            due = sa.and_(held, sa.or_(FEED.c.last_poll_at.is_(None), FEED.c.last_poll_at < round_started_at))
        chosen = sa.select(FEED.c.id).where(FEED.c.active, free, due).order_by(FEED.c.next_poll_at).limit(limit)
        if busy_hosts:
            chosen = chosen.where(FEED.c.host.not_in(sorted(busy_hosts)))
        if per_host is not None:
            place = sa.func.row_number().over(partition_by=FEED.c.host, order_by=FEED.c.next_poll_at).label("place")
            ranked = sa.select(FEED.c.id, place).where(FEED.c.active, free, due).subquery()
            chosen = chosen.where(FEED.c.id.in_(sa.select(ranked.c.id).where(ranked.c.place <= per_host)))
        if self._db.dialect.name == "postgresql":
            chosen = chosen.with_for_update(skip_locked=True)
        # As a CTE: PostgreSQL may run a subselect in IN more than once, and then takes more than the limit.
        taken = sa.select(chosen.cte("chosen").c.id)
        rows = self._db.execute(
            sa.update(FEED)
            .where(FEED.c.id.in_(taken), free)
            .values(lease_owner=owner, lease_until=now + timedelta(seconds=LEASE_S))
            .returning(FEED)
        )
        return [_to_feed(row) for row in sorted(rows, key=lambda row: (row.next_poll_at, row.id))]

    def held_by(self, owner: str, ids: Sequence[FeedId]) -> set[FeedId]:
        """Those of `ids` whose lease is still the owner's: only their state may be written."""
        found: set[FeedId] = set()
        for some in portions(ids):
            question = sa.select(FEED.c.id).where(FEED.c.id.in_(some), FEED.c.lease_owner == owner)
            found |= {FeedId(row.id) for row in self._db.execute(question)}
        return found

    def record(self, records: Sequence[PollRecord]) -> None:
        """Write what visits came to and end their leases, all in this transaction."""
        if not records:
            return
        values = [_state_values(record) for record in records]
        names = [name for name in values[0] if name != "b_id"]
        change = sa.update(FEED).where(FEED.c.id == sa.bindparam("b_id"))
        self._db.execute(change.values({name: sa.bindparam(name) for name in names}), values)
        self._stamp("last_ok_at", [r for r in records if r.outcome in ("new", "unchanged")])
        self._stamp("last_new_at", [r for r in records if r.new])
        titled = [{"b_id": r.feed_id, "b_title": r.title} for r in records if r.title]
        if titled:
            change = sa.update(FEED).where(FEED.c.id == sa.bindparam("b_id"), FEED.c.title != sa.bindparam("b_title"))
            self._db.execute(change.values(title=sa.bindparam("b_title")), titled)
        lost = [{"b_id": r.feed_id} for r in records if r.lost_window]
        if lost:
            change = sa.update(FEED).where(FEED.c.id == sa.bindparam("b_id"))
            self._db.execute(change.values(lost_windows=FEED.c.lost_windows + 1), lost)
        rows = [_poll_row(record) for record in records if record.outcome != "unchanged"]
        if rows:
            self._db.execute(sa.insert(POLL), rows)

    def _stamp(self, column: str, records: Sequence[PollRecord]) -> None:
        if records:
            change = sa.update(FEED).where(FEED.c.id == sa.bindparam("b_id")).values({column: sa.bindparam("b_at")})
            self._db.execute(change, [{"b_id": r.feed_id, "b_at": r.polled_at} for r in records])

    def release(self, owner: str | None = None) -> int:
        """End every lease of the owner, or of everybody: what was not ingested is due again at once."""
        change = sa.update(FEED).where(FEED.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None)
        if owner is not None:
            change = change.where(FEED.c.lease_owner == owner)
        return self._db.execute(change).rowcount

    def failing(self, *, limit: int = 20) -> list[FeedTrouble]:
        """Feeds that have failed for a while (two visits in a row) or are gone, the longest first."""
        rows = self._db.execute(
            sa.select(FEED.c.name, FEED.c.reason, FEED.c.failing_since)
            .where(FEED.c.active, sa.or_(FEED.c.fail_count >= 2, FEED.c.outcome == "gone"))
            .where(FEED.c.failing_since.is_not(None))
            .order_by(FEED.c.failing_since, FEED.c.id)
            .limit(limit)
        )
        return [FeedTrouble(row.name, row.reason or "failed", row.failing_since) for row in rows]

    def count_active(self) -> int:
        """How many feeds are polled."""
        return self._db.execute(sa.select(sa.func.count()).select_from(FEED).where(FEED.c.active)).scalar_one()

    def health(self, *, with_articles: bool = False) -> list[FeedHealth]:
        """Every feed with its health, by name."""
        counts: Mapping[int, int] = {}
        if with_articles:
            grouped = sa.select(ARTICLE.c.feed_id, sa.func.count().label("n")).group_by(ARTICLE.c.feed_id)
            counts = {row.feed_id: row.n for row in self._db.execute(grouped)}
        rows = self._db.execute(sa.select(FEED).order_by(sa.func.lower(FEED.c.name), FEED.c.id))
        return [_to_health(row, counts.get(row.id, 0)) for row in rows]

    def by_ids(self, ids: Iterable[FeedId]) -> dict[FeedId, Feed]:
        """The feeds of these ids."""
        found: dict[FeedId, Feed] = {}
        for some in portions(list(ids)):
            rows = self._db.execute(sa.select(FEED).where(FEED.c.id.in_(some)))
            found |= {FeedId(row.id): _to_feed(row) for row in rows}
        return found

    def visits_around(self, feed_id: FeedId, at: datetime | None, *, latest: int = 3) -> list[PollVisit]:
        """The recorded visit that ended last before `at`, and the `latest` newest ones, oldest first."""
        mine = sa.select(POLL).where(POLL.c.feed_id == feed_id).order_by(POLL.c.polled_at.desc())
        rows = list(self._db.execute(mine.limit(latest)))
        if at is not None:
            rows += self._db.execute(mine.where(POLL.c.polled_at <= at).limit(1))
        found = {row.id: row for row in rows}
        ordered = sorted(found.values(), key=lambda row: row.polled_at)
        return [PollVisit(r.polled_at, r.outcome, r.status, r.entries, r.new, r.reason, r.error) for r in ordered]

    def forget_visits(self, before: datetime, *, limit: int = 1000) -> int:
        """Remove up to `limit` recorded visits older than `before`; returns how many went."""
        old = sa.select(POLL.c.id).where(POLL.c.polled_at < before).limit(limit)
        return self._db.execute(sa.delete(POLL).where(POLL.c.id.in_(old))).rowcount


def _first_row(spec: FeedSpec, now: datetime, spread_s: int) -> dict[str, Any]:
    return {
        "url": spec.url,
        "name": spec.name,
        "host": host_of(spec.url),
        "language": spec.language,
        "weight": spec.weight,
        "next_poll_at": first_poll_at(spec.url, now, spread_s),
    }


def _to_feed(row: Row[Any]) -> Feed:
    return Feed(
        id=FeedId(row.id),
        name=row.name,
        url=row.url,
        language=row.language,
        weight=row.weight,
        state=FeedState(
            etag=row.etag,
            last_modified=row.last_modified,
            validators_at=row.validators_at,
            body_hash=row.body_hash,
            entries_hash=row.entries_hash,
            first_polled_at=row.first_polled_at,
            watermark_at=row.watermark_at,
            fail_count=row.fail_count,
            failing_since=row.failing_since,
            interval_s=row.interval_s,
        ),
    )


def _to_health(row: Row[Any], articles: int) -> FeedHealth:
    return FeedHealth(
        feed=_to_feed(row),
        active=row.active,
        title=row.title,
        outcome=row.outcome,
        reason=row.reason,
        error=row.error,
        status=row.status,
        next_poll_at=row.next_poll_at,
        last_poll_at=row.last_poll_at,
        last_ok_at=row.last_ok_at,
        last_new_at=row.last_new_at,
        lost_windows=row.lost_windows,
        articles=articles,
    )


def _state_values(record: PollRecord) -> dict[str, Any]:
    state = record.state
    return {
        "b_id": record.feed_id,
        "etag": state.etag,
        "last_modified": state.last_modified,
        "validators_at": state.validators_at,
        "body_hash": state.body_hash,
        "entries_hash": state.entries_hash,
        "first_polled_at": state.first_polled_at,
        "watermark_at": state.watermark_at,
        "fail_count": state.fail_count,
        "failing_since": state.failing_since,
        "interval_s": state.interval_s,
        "last_poll_at": record.polled_at,
        "next_poll_at": record.next_poll_at,
        "hold_until": record.hold_until,
        "outcome": record.outcome,
        "reason": record.reason,
        "error": record.error,
        "status": record.status,
        "lease_owner": None,
        "lease_until": None,
    }


def _poll_row(record: PollRecord) -> dict[str, Any]:
    return {
        "feed_id": record.feed_id,
        "polled_at": record.polled_at,
        "outcome": record.outcome,
        "status": record.status,
        "entries": record.entries,
        "new": record.new,
        "bytes_read": record.bytes_read,
        "elapsed_ms": record.elapsed_ms,
        "reason": record.reason,
        "error": record.error,
    }
