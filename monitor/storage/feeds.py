"""Feeds: which are due, who visits them, what a visit came to.

Effects: database.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.feeds.policy import first_poll_at
from monitor.model import Feed, FeedId, FeedSpec
from monitor.storage.feed_rows import ClaimedFeed, PollRecord, poll_row, state_values, to_feed
from monitor.storage.rows import portions, update_rows
from monitor.storage.tables import FEED, POLL
from monitor.urls import host_of

LEASE_S = 240
"""How long a visit may take before another worker may try: two rounds of waiting for a place (30 s each, should every
server be silent), the exchange, the parser (10 s) and a full queue, and as much again."""
WINDOW = 2
WINDOWS_MAX = 4
"""A claim looks at so many times the feeds it may take, and so often again where a few hosts have most of them."""

NEXT_POLL_MAX = timedelta(days=9)
"""The longest wait the policy sets: a week, for a feed that is gone, a tenth of it, and a day for hours off."""

_Wanted = sa.Table | sa.Column[Any]


class FeedTable:
    """Questions and changes of the table of feeds."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def sync(self, specs: Sequence[FeedSpec], now: datetime, *, spread_s: int) -> tuple[int, int]:
        """Make the table agree with the configuration; returns how many were added and how many rest now.

        A feed is its URL: renaming keeps its memory, and one that leaves the configuration rests, with its memory,
        until it comes back. A feed whose URL a person corrects under its name stays the same feed, and is due at once;
        so does one that had moved for good, when its URL is corrected to where it is. First visits are spread over
        `spread_s` by the address, the same way after a restart. Only rows that differ are written.
        """
        wanted = {spec.url: spec for spec in specs}
        columns = ("name", "language", "weight", "active", "same_as")
        rows = self._db.execute(sa.select(FEED.c.id, FEED.c.url, FEED.c.address, *(FEED.c[name] for name in columns)))
        known = {row.url: row for row in rows}
        left = [row for url, row in known.items() if row.active and url not in wanted]
        moved = {row.address: row for row in left if row.address}
        named = {row.name.casefold(): row for row in left}
        for url in [url for url in wanted if url not in known]:
            row = moved.get(url) or named.get(wanted[url].name.casefold())
            if row is None or row.url not in known:
                continue
            values = {"address": None} if row.address == url else _as_readdressed(url, now)
            self._db.execute(sa.update(FEED).where(FEED.c.id == row.id).values(url=url, **values))
            known[url] = known.pop(row.url)
        new = [_first_row(spec, now, spread_s) for url, spec in wanted.items() if url not in known]
        if new:
            self._db.execute(sa.insert(FEED), new)
        old = [
            {
                "b_url": url,
                "name": spec.name,
                "language": spec.language,
                "weight": spec.weight,
                "active": True,
                "same_as": None,
            }
            for url, spec in wanted.items()
            if url in known
        ]
        # A hundred thousand rows that are as they should be would be kept from every worker that visits.
        old = [row for row in old if any(getattr(known[row["b_url"]], name) != row[name] for name in columns)]
        old.sort(key=lambda row: known[row["b_url"]].id)
        if old:
            change = sa.update(FEED).where(FEED.c.url == sa.bindparam("b_url"))
            self._db.execute(change.values({name: sa.bindparam(name) for name in columns}), old)
        rest = [url for url, row in known.items() if row.active and url not in wanted]
        for some in portions(rest):
            self._db.execute(sa.update(FEED).where(FEED.c.url.in_(some)).values(active=False))
        elsewhere = sa.select(FEED.c.id, FEED.c.address).where(FEED.c.active, FEED.c.address.is_not(None))
        for feed_id, address in self._db.execute(elsewhere).all():
            self._rest_double(FeedId(feed_id), address)
        return len(new), len(rest)

    def accept(self, url: str) -> bool:
        """End the quarantine of the feed, its new title and site being right; returns whether it was in one."""
        held = sa.update(FEED).where(FEED.c.url == url, FEED.c.quarantine != "")
        return self._db.execute(held.values(quarantine="", quarantined_at=None, title="", site="")).rowcount > 0

    def hurry(self, urls: Sequence[str], now: datetime) -> int:
        """Make these feeds due at once; returns how many. A server that said that we come too often is not hurried."""
        found = 0
        for some in portions(urls):
            asked = sa.update(FEED).where(FEED.c.url.in_(some), FEED.c.active, FEED.c.reason != "rate_limited")
            found += self._db.execute(asked.values(next_poll_at=now, hold_until=None, held_at=None)).rowcount
        return found

    def claim_due(
        self,
        now: datetime,
        *,
        owner: str,
        limit: int,
        per_host: int | Callable[[str], int] | None = None,
        busy_hosts: Collection[str] = (),
        round_started_at: datetime | None = None,
    ) -> list[Feed]:
        """Lease up to `limit` feeds whose next poll has come, the most overdue first.

        Two workers may ask at the same moment; each feed goes to one of them, because the UPDATE that takes
        the lease is the one that checks it is free. A worker that dies keeps its feeds until the lease ends. At most
        `per_host` feeds of one host come at once, for all the same number or each its own, and none of `busy_hosts`, so
        that a host with many feeds does not keep all others waiting. With `round_started_at` every feed is due that was
        not visited since then, unless its server had asked us to stay away before.
        """
        due = _due(now) if round_started_at is None else [_due_in_round(now, round_started_at)]
        chosen = self._choose(due, now, limit, per_host, busy_hosts)
        rows = self._lease(chosen, now, owner, FEED)
        return [to_feed(row) for row in sorted(rows, key=lambda row: (row.next_poll_at, row.id))]

    def claim_for_others(
        self, now: datetime, *, owner: str, limit: int, per_host: Callable[[str], int]
    ) -> list[ClaimedFeed]:
        """As `claim_due`, for others to take over, and no feed of a host that somebody visits now."""
        visited = sa.select(FEED.c.host).where(_is_visited(now))
        due = [sa.and_(condition, FEED.c.host.not_in(visited)) for condition in _due(now)]
        chosen = self._choose(due, now, limit, per_host, ())
        # Not all of what is known of them: who visits reads that anyway.
        rows = self._lease(chosen, now, owner, FEED.c.id, FEED.c.host, FEED.c.fail_count, FEED.c.next_poll_at)
        rows.sort(key=lambda row: (row.next_poll_at, row.id))
        return [ClaimedFeed(FeedId(row.id), row.host, row.fail_count > 0) for row in rows]

    def _choose(
        self,
        due: Sequence[sa.ColumnElement[bool]],
        now: datetime,
        limit: int,
        per_host: int | Callable[[str], int] | None,
        busy_hosts: Collection[str],
    ) -> list[int]:
        # Looked up by the index of what is due, a window of rows at a time: to rank all that are due by their hosts,
        # of a hundred thousand, took longer than to visit those that were taken (measured).
        taken: dict[int, str] = {}

        def is_full(host: str) -> bool:
            return per_host is not None and counts[host] >= (per_host(host) if callable(per_host) else per_host)

        full, size = set(busy_hosts), limit if per_host is None else WINDOW * limit
        for _ in range(WINDOWS_MAX):
            window = self._look(due, now, full, size)
            counts = Counter(taken.values())
            for feed_id, host in window:
                if len(taken) < limit and feed_id not in taken and not is_full(host):
                    taken[feed_id] = host
                    counts[host] += 1
            if len(taken) >= limit or len(window) < size:
                break
            full |= {host for host in counts if is_full(host)}
        return list(taken)

    def _look(
        self, due: Sequence[sa.ColumnElement[bool]], now: datetime, busy_hosts: Collection[str], limit: int
    ) -> list[tuple[int, str]]:
        """The most overdue feeds that are free, with their hosts, locked; each way to be due is looked up by itself."""
        found: list[tuple[datetime, int, str]] = []
        for condition in due:
            polled = sa.and_(FEED.c.active, FEED.c.same_as.is_(None), _is_free(now))
            chosen = sa.select(FEED.c.next_poll_at, FEED.c.id, FEED.c.host).where(condition, polled)
            if busy_hosts:
                chosen = chosen.where(FEED.c.host.not_in(sorted(busy_hosts)))
            chosen = chosen.order_by(FEED.c.next_poll_at).limit(limit)
            if self._db.dialect.name == "postgresql":
                chosen = chosen.with_for_update(skip_locked=True)
            found += [(at, feed_id, host) for at, feed_id, host in self._db.execute(chosen)]
        return [(feed_id, host) for _, feed_id, host in sorted(found)[:limit]]

    def _lease(self, ids: Sequence[int], now: datetime, owner: str, *wanted: _Wanted) -> list[sa.Row[Any]]:
        """Lease those of `ids` that are still free; returned is what is wanted of them."""
        rows: list[sa.Row[Any]] = []
        for some in portions(ids):
            lease = {"lease_owner": owner, "lease_until": now + timedelta(seconds=LEASE_S)}
            change = sa.update(FEED).where(FEED.c.id.in_(some), _is_free(now)).values(**lease)
            rows += self._db.execute(change.returning(*wanted))
        return rows

    def claim(self, url: str, now: datetime, *, owner: str) -> Feed | None:
        """Lease one feed by its configured address, whatever its schedule; None where it is not polled or not free."""
        mine = sa.update(FEED).where(FEED.c.url == url, FEED.c.active, _is_free(now))
        until = now + timedelta(seconds=LEASE_S)
        row = self._db.execute(mine.values(lease_owner=owner, lease_until=until).returning(FEED)).first()
        return None if row is None else to_feed(row)

    def names(self) -> dict[FeedId, str]:
        """The name of every feed, configured or once configured."""
        return {FeedId(row.id): row.name for row in self._db.execute(sa.select(FEED.c.id, FEED.c.name))}

    def held_by(self, owners: Mapping[FeedId, str]) -> set[FeedId]:
        """Those feeds whose lease is still that of the owner named: only their state may be written.

        To the end of the transaction nobody takes a lease from them, however long it is stopped in between.
        """
        found: set[FeedId] = set()
        for some in portions(sorted(owners)):
            question = sa.select(FEED.c.id, FEED.c.lease_owner).where(FEED.c.id.in_(some))
            if self._db.dialect.name == "postgresql":
                # By their ids, and before topics: in the order in which a configuration is written.
                question = question.order_by(FEED.c.id).with_for_update()
            found |= {FeedId(row.id) for row in self._db.execute(question) if row.lease_owner == owners[row.id]}
        return found

    def under_way(self, now: datetime) -> int:
        """How many feeds are leased to be visited."""
        return int(self._db.execute(sa.select(sa.func.count()).select_from(FEED).where(_is_visited(now))).scalar_one())

    def take_over(self, claim: str, owner: str, ids: Sequence[FeedId], now: datetime) -> list[Feed]:
        """Lease these feeds anew, those that are still under this claim, whoever took them over before.

        So of two who work on one claim the later owns all that is left, and what the earlier writes is refused.
        """
        under = sa.or_(FEED.c.lease_owner == claim, FEED.c.lease_owner.like(f"{claim}/%"))
        mine = sa.update(FEED).where(FEED.c.id.in_(ids), under)
        until = now + timedelta(seconds=LEASE_S)
        rows = self._db.execute(mine.values(lease_owner=owner, lease_until=until).returning(FEED))
        return [to_feed(row) for row in sorted(rows, key=lambda row: (row.next_poll_at, row.id))]

    def renew(self, owner: str, now: datetime) -> None:
        """Hold what the owner still holds for another lease."""
        mine = sa.update(FEED).where(FEED.c.lease_owner == owner, FEED.c.lease_until.is_not(None))
        self._db.execute(mine.values(lease_until=now + timedelta(seconds=LEASE_S)))

    def last_visits(self, hosts: Collection[str]) -> dict[str, datetime]:
        """When each of these hosts was last visited, by whomever; those that never were are left out."""
        found: dict[str, datetime] = {}
        for some in portions(sorted(hosts)):
            asked = sa.select(FEED.c.host, sa.func.max(FEED.c.last_poll_at)).where(FEED.c.host.in_(some))
            rows = self._db.execute(asked.group_by(FEED.c.host))
            found |= {host: at for host, at in rows if at is not None}
        return found

    def record(self, records: Sequence[PollRecord]) -> None:
        """Write what visits came to and end their leases, all in this transaction."""
        if not records:
            return
        kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for record in records:  # most visits change the same few columns
            values = state_values(record)
            kinds.setdefault(tuple(values), []).append(values)
        for names, rows in kinds.items():
            update_rows(self._db, FEED, [name for name in names if name != "b_id"], rows)
        self._stamp("last_new_at", [r for r in records if r.new])
        lost = [{"b_id": r.feed_id, "b_lost": r.lost_entries} for r in records if r.lost_entries is not None]
        if lost:
            change = sa.update(FEED).where(FEED.c.id == sa.bindparam("b_id"))
            entries = FEED.c.lost_entries + sa.bindparam("b_lost", type_=sa.Integer())
            self._db.execute(change.values(lost_windows=FEED.c.lost_windows + 1, lost_entries=entries), lost)
        for record in records:
            if record.hold_host_until is not None:
                self._hold_host(record.feed_id, record.hold_host_until, record.polled_at)
            if record.moved_from is not None:
                self._move(record)
        visits = [poll_row(record) for record in records if record.outcome != "unchanged" or record.lost_entries]
        if visits:
            self._db.execute(sa.insert(POLL), visits)

    def _hold_host(self, feed_id: FeedId, until: datetime, now: datetime) -> None:
        """No feed of this one's host is due before `until`."""
        host = sa.select(FEED.c.host).where(FEED.c.id == feed_id).scalar_subquery()
        when = sa.literal(until, FEED.c.next_poll_at.type)

        def later(column: sa.Column[datetime]) -> sa.ColumnElement[datetime]:
            return sa.case((sa.or_(column.is_(None), column < when), when), else_=column)

        held = {"held_at": now, "hold_until": later(FEED.c.hold_until), "next_poll_at": later(FEED.c.next_poll_at)}
        self._db.execute(sa.update(FEED).where(FEED.c.host == host).values(held))

    def _move(self, record: PollRecord) -> None:
        """Visit it where it is now; where another feed is visited there already, this one rests."""
        address = record.state.address
        url = sa.select(FEED.c.url).where(FEED.c.id == record.feed_id)
        here = address if address is not None else self._db.execute(url).scalar_one()
        self._db.execute(sa.update(FEED).where(FEED.c.id == record.feed_id).values(host=host_of(here)))
        # Who rested because this one was visited there is visited by itself again.
        self._db.execute(sa.update(FEED).where(FEED.c.same_as == record.feed_id).values(same_as=None))
        if address is not None:
            self._rest_double(record.feed_id, address)

    def _rest_double(self, feed_id: FeedId, address: str) -> None:
        there = sa.or_(FEED.c.url == address, FEED.c.address == address)
        free = sa.and_(FEED.c.active, FEED.c.same_as.is_(None), FEED.c.id != feed_id)
        other = self._db.execute(sa.select(FEED.c.id).where(there, free).order_by(FEED.c.id).limit(1)).scalar()
        if other is not None:
            self._db.execute(sa.update(FEED).where(FEED.c.id == feed_id).values(same_as=other))

    def _stamp(self, column: str, records: Sequence[PollRecord]) -> None:
        if records:
            change = sa.update(FEED).where(FEED.c.id == sa.bindparam("b_id")).values({column: sa.bindparam("b_at")})
            self._db.execute(change, [{"b_id": r.feed_id, "b_at": r.polled_at} for r in records])

    def release(self, owner: str | None = None) -> int:
        """End every lease of the owner, or of everybody: what was not ingested is due again at once."""
        # The second by the index of what is leased: a hundred thousand feeds are not looked through for a few.
        leased = sa.and_(FEED.c.lease_owner.is_not(None), FEED.c.lease_until.is_not(None))
        change = sa.update(FEED).where(leased).values(lease_owner=None, lease_until=None)
        if owner is not None:
            change = change.where(FEED.c.lease_owner == owner)
        return self._db.execute(change).rowcount


def _is_visited(now: datetime) -> sa.ColumnElement[bool]:
    """Whether somebody has the feed in hand to visit it; what is handed over to be stored is out of hand."""
    return sa.and_(FEED.c.lease_until > now, FEED.c.lease_owner.not_like("handed:%"))


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(FEED.c.lease_until.is_(None), FEED.c.lease_until <= now)


def _due(now: datetime) -> list[sa.ColumnElement[bool]]:
    """Both ways to be due. A time further ahead than any policy sets was set by a clock that was wrong."""
    held = sa.and_(FEED.c.hold_until > now, FEED.c.hold_until <= now + NEXT_POLL_MAX)
    is_let = sa.not_(sa.func.coalesce(held, False))
    return [sa.and_(FEED.c.next_poll_at <= now, is_let), sa.and_(FEED.c.next_poll_at > now + NEXT_POLL_MAX, is_let)]


def _due_in_round(now: datetime, started_at: datetime) -> sa.ColumnElement[bool]:
    let = sa.or_(FEED.c.hold_until.is_(None), FEED.c.hold_until <= now, FEED.c.held_at >= started_at)
    return sa.and_(let, sa.or_(FEED.c.last_poll_at.is_(None), FEED.c.last_poll_at < started_at))


def _as_readdressed(url: str, now: datetime) -> dict[str, Any]:
    """What is forgotten with an address: all that it said or that was said of it. The names of its entries stay.

    So is the lease: what a visit brings that is under way or handed over was said by the old address.
    """
    return {
        **dict.fromkeys(_OF_THE_ADDRESS),
        **{"title": "", "site": "", "skip_times": "", "quarantine": "", "outcome": "", "reason": "", "error": ""},
        "fail_count": 0,
        "moved_count": 0,
        "host": host_of(url),
        "next_poll_at": now,
    }


_OF_THE_ADDRESS = (
    *("address", "etag", "last_modified", "validators_at", "body_hash", "entries_hash", "failing_since", "hold_until"),
    *(
        "held_at",
        "lease_owner",
        "lease_until",
        "status",
        "ttl_s",
        "max_age_s",
        "moved_to",
        "moved_since",
        "quarantined_at",
    ),
)


def _first_row(spec: FeedSpec, now: datetime, spread_s: int) -> dict[str, Any]:
    return {
        "url": spec.url,
        "name": spec.name,
        "host": host_of(spec.url),
        "language": spec.language,
        "weight": spec.weight,
        "next_poll_at": first_poll_at(spec.url, now, spread_s),
    }
