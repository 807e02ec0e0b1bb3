"""Pages of articles: which are wanted, who reads them, what they gave.

How often sites are visited is kept here too, so that it holds over a restart and between processes.

Effects: database.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.feeds.fulltext import why_no_page
from monitor.model import Article, ArticleId, PageRoad, PageState
from monitor.storage.rows import insert_new, portions
from monitor.storage.tables import ARTICLE, PAGE
from monitor.stories.normal import key_of
from monitor.urls import canonical_url, host_of

LEASE_S = 180
"""How long a page may take: robots.txt and the page (15 s each), its turn at the parser behind others (10 s each)."""
HOUR = timedelta(hours=1)
_CLAIMING = 7_295_001_843
"""PostgreSQL's advisory lock under which pages are claimed, so that two workers never visit one host together."""


class PageLimits(Struct, frozen=True):
    """How much is read: at most so many pages an hour in all, and one page of a host in so many seconds."""

    per_hour: int = 1_000
    """A thousand feeds bring ten thousand articles a day; a third of them in the busiest hours is as many."""
    spacing_s: float = 2.0


class PageOutcome(Struct, frozen=True):
    """What became of a page."""

    state: PageState
    text: str = ""
    road: PageRoad | None = None
    reason: str = ""
    next_at: datetime | None = None
    """When it is tried again, where it is due once more."""
    rest_until: datetime | None = None
    """Until when its whole host is left alone."""
    visited: bool = True
    """False where it was known without asking the site."""


class PageTask(Struct, frozen=True):
    """A claimed page."""

    article_id: ArticleId
    url: str
    host: str
    attempts: int
    """How often it was tried before."""
    feed_chars: int
    """The length of the feed's own text."""
    known: PageOutcome | None = None
    """What became of the same page for another article."""


class StoredPage(Struct, frozen=True):
    """A page as it stands."""

    url: str
    state: PageState
    attempts: int
    next_at: datetime
    at: datetime | None
    text: str
    road: PageRoad | None
    reason: str


class PageTable:
    """Questions and changes of pages."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def enqueue(self, articles: Sequence[Article], now: datetime) -> None:
        """Want the pages of these articles; a link that leads to no page is refused at once, with the reason."""
        rows = []
        for article in articles:
            reason = why_no_page(article.url)
            rows.append(
                {
                    "article_id": article.id,
                    "url": article.url,
                    "host": host_of(article.url),
                    "address_key": key_of(canonical_url(article.url)),
                    "state": (PageState.REFUSED if reason else PageState.DUE).value,
                    "wanted_at": now,
                    "next_at": now,
                    "reason": reason,
                }
            )
        insert_new(self._db, PAGE, rows)

    def is_due(self, now: datetime, limits: PageLimits) -> bool:
        """Whether a page may be read now, or as soon as its host has rested."""
        found = self._db.execute(sa.select(PAGE.c.article_id).where(_due(now)).limit(1)).first()
        return found is not None and self._room(now, limits) > 0

    def claim_due(self, now: datetime, *, owner: str, limit: int, limits: PageLimits) -> list[PageTask]:
        """Lease up to `limit` due pages, the longest waiting first, one of each host and none of a host that rests.

        A worker that dies keeps its pages until the lease ends. A page that was read for another article comes with
        what became of it.
        """
        if self._db.dialect.name == "postgresql":
            self._db.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIMING)))
        room = min(limit, self._room(now, limits))
        if room <= 0:
            return []
        spacing = timedelta(seconds=limits.spacing_s)
        # No time far ahead counts: a clock that was wrong must not close a host for good.
        visited = sa.and_(PAGE.c.at > now - spacing, PAGE.c.at <= now + spacing)
        leased = sa.and_(PAGE.c.state == PageState.LEASED.value, PAGE.c.next_at > now)
        resting = sa.select(PAGE.c.host).where(sa.or_(leased, visited))
        place = sa.func.row_number().over(partition_by=PAGE.c.host, order_by=(PAGE.c.next_at, PAGE.c.article_id))
        ranked = (
            sa.select(PAGE.c.article_id, PAGE.c.next_at, place.label("place"))
            .where(_due(now), PAGE.c.host.not_in(resting))
            .subquery()
        )
        chosen = sa.select(ranked.c.article_id).where(ranked.c.place == 1)
        ids = self._db.execute(chosen.order_by(ranked.c.next_at, ranked.c.article_id).limit(room)).scalars().all()
        if not ids:
            return []
        rows = self._db.execute(
            sa.update(PAGE)
            .where(PAGE.c.article_id.in_(ids), _due(now))
            .values(state=PageState.LEASED.value, lease_owner=owner, next_at=now + timedelta(seconds=LEASE_S))
            .returning(PAGE.c.article_id, PAGE.c.url, PAGE.c.host, PAGE.c.attempts, PAGE.c.address_key)
        ).all()
        return self._to_tasks(rows, now)

    def _to_tasks(self, rows: Sequence[Row[Any]], now: datetime) -> list[PageTask]:
        ids = [row.article_id for row in rows]
        lengths = sa.select(ARTICLE.c.id, sa.func.length(ARTICLE.c.text)).where(ARTICLE.c.id.in_(ids))
        chars = {row[0]: row[1] for row in self._db.execute(lengths)}
        keys = [row.address_key for row in rows]
        others = sa.select(PAGE).where(PAGE.c.address_key.in_(keys), PAGE.c.article_id.not_in(ids))
        known: dict[int, PageOutcome] = {}
        for other in self._db.execute(others.order_by(PAGE.c.article_id)):
            outcome = _known(other, now)
            if outcome is not None and (other.address_key not in known or outcome.state is PageState.GOT):
                known[other.address_key] = outcome
        return [
            PageTask(
                ArticleId(row.article_id),
                row.url,
                row.host,
                row.attempts,
                chars.get(row.article_id, 0),
                known.get(row.address_key),
            )
            for row in sorted(rows, key=lambda row: row.article_id)
        ]

    def _room(self, now: datetime, limits: PageLimits) -> int:
        question = sa.select(sa.func.count()).select_from(PAGE).where(PAGE.c.at > now - HOUR, PAGE.c.at <= now + HOUR)
        return limits.per_hour - self._db.execute(question).scalar_one()

    def settle(self, task: PageTask, outcome: PageOutcome, *, owner: str, now: datetime) -> bool:
        """Write what became of a page and end its lease; False, and nothing written, where the lease is another's."""
        values: dict[str, Any] = {
            "state": outcome.state.value,
            "attempts": PAGE.c.attempts + 1,
            "next_at": outcome.next_at or now,
            "lease_owner": None,
            "text": outcome.text,
            "road": outcome.road.value if outcome.road else "",
            "reason": outcome.reason,
        }
        if outcome.visited:
            values["at"] = now
        is_ours = (PAGE.c.state == PageState.LEASED.value) & (PAGE.c.lease_owner == owner)
        change = sa.update(PAGE).where(PAGE.c.article_id == task.article_id, is_ours)
        if not self._db.execute(change.values(**values)).rowcount:
            return False
        if outcome.rest_until is not None:
            waiting = sa.update(PAGE).where(PAGE.c.state == PageState.DUE.value, PAGE.c.host == task.host)
            self._db.execute(waiting.where(PAGE.c.next_at < outcome.rest_until).values(next_at=outcome.rest_until))
        return True

    def release(self, now: datetime, owner: str | None = None) -> int:
        """End every lease of the owner, or of everybody: what was not settled is due again at once."""
        change = sa.update(PAGE).where(PAGE.c.state == PageState.LEASED.value)
        if owner is not None:
            change = change.where(PAGE.c.lease_owner == owner)
        return self._db.execute(change.values(state=PageState.DUE.value, lease_owner=None, next_at=now)).rowcount

    def of_article(self, article_id: ArticleId) -> StoredPage | None:
        """The page of an article; None where none was ever wanted."""
        row = self._db.execute(sa.select(PAGE).where(PAGE.c.article_id == article_id)).first()
        return _to_stored(row) if row is not None else None

    def expire(self, before: datetime) -> int:
        """Give up pages wanted before then whose turn never came; returns how many."""
        waiting = (PageState.DUE.value, PageState.LEASED.value)
        change = sa.update(PAGE).where(PAGE.c.state.in_(waiting), PAGE.c.wanted_at < before)
        reason = "its turn did not come within a day"
        return self._db.execute(change.values(state=PageState.FAILED.value, reason=reason)).rowcount

    def forget(self, article_ids: Iterable[ArticleId]) -> None:
        """Remove the pages of swept articles."""
        for some in portions(list(article_ids)):
            self._db.execute(sa.delete(PAGE).where(PAGE.c.article_id.in_(some)))


def page_texts(connection: Connection, article_ids: Sequence[ArticleId]) -> Mapping[ArticleId, str]:
    """The texts that the pages of these articles gave."""
    found: dict[ArticleId, str] = {}
    for some in portions(article_ids):
        rows = connection.execute(
            sa.select(PAGE.c.article_id, PAGE.c.text).where(
                PAGE.c.article_id.in_(some), PAGE.c.state == PageState.GOT.value
            )
        )
        found |= {ArticleId(row.article_id): row.text for row in rows}
    return found


def _due(now: datetime) -> sa.ColumnElement[bool]:
    open_ones = PAGE.c.state.in_((PageState.DUE.value, PageState.LEASED.value))
    return sa.and_(open_ones, PAGE.c.next_at <= now)


def _known(row: Row[Any], now: datetime) -> PageOutcome | None:
    """What another article's page says of the same page: its end, or that it is to be tried again later."""
    stored = _to_stored(row)
    if stored.state in (PageState.GOT, PageState.FAILED, PageState.REFUSED):
        return PageOutcome(stored.state, stored.text, stored.road, stored.reason, visited=False)
    if stored.state is PageState.DUE and stored.attempts and stored.next_at > now:
        return PageOutcome(PageState.DUE, reason=stored.reason, next_at=stored.next_at, visited=False)
    return None


def _to_stored(row: Row[Any]) -> StoredPage:
    return StoredPage(
        url=row.url,
        state=PageState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        at=row.at,
        text=row.text,
        road=PageRoad(row.road) if row.road else None,
        reason=row.reason,
    )
