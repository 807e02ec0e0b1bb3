"""When something came in, by topic and over all, for the question whether a silence is usual.

Effects: database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import FeedState, TopicKey
from monitor.storage.canary import IS_CANARY_FEED
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, FEED, MATCH, TOPIC

ARRIVALS_MAX = 1_000
"""Matches of a topic that are looked back at, the newest."""


class LastMatch(Struct, frozen=True):
    """When a topic of the configuration was last answered."""

    topic: TopicKey
    name: str
    created_at: datetime
    at: datetime


class QuietFeed(Struct, frozen=True):
    """A feed that brought nothing for a while; of its state only what its silence is judged by."""

    name: str
    url: str
    state: FeedState


class ArrivalTable:
    """Questions of arrivals."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def quiet_feeds(self, before: datetime) -> list[QuietFeed]:
        """Feeds that are visited, and brought nothing new since then, by name."""
        state = [FEED.c.rhythm, FEED.c.first_polled_at, FEED.c.last_ok_at]
        polled = sa.and_(FEED.c.active, FEED.c.same_as.is_(None), FEED.c.quarantine == "", ~IS_CANARY_FEED)
        asked = sa.select(FEED.c.name, FEED.c.url, *state).where(polled, FEED.c.last_new_at < before)
        return [
            QuietFeed(name, url, FeedState(rhythm=rhythm, first_polled_at=first, last_ok_at=last))
            for name, url, rhythm, first, last in self._db.execute(asked.order_by(FEED.c.name, FEED.c.id))
        ]

    def last_visit(self) -> datetime | None:
        """When any feed last answered."""
        return self._db.execute(sa.select(sa.func.max(FEED.c.last_ok_at)).where(~IS_CANARY_FEED)).scalar()

    def last_matches(self) -> list[LastMatch]:
        """The last match of each topic in force that has one; what was kept in silence is none."""
        newest = _newest("matched_at", 1)
        found = sa.select(TOPIC.c.key, TOPIC.c.name, TOPIC.c.created_at, newest.label("at")).where(TOPIC.c.active)
        return [
            LastMatch(TopicKey(row.key), row.name, row.created_at, row.at)
            for row in self._db.execute(found.order_by(TOPIC.c.key))
            if row.at is not None
        ]

    def match_times(self, topics: Collection[TopicKey]) -> dict[TopicKey, list[datetime]]:
        """When each of these was answered, in order: the newest `ARRIVALS_MAX`, by the age of the articles."""
        found: dict[TopicKey, list[datetime]] = {}
        mine = sa.and_(MATCH.c.topic == TOPIC.c.key, MATCH.c.article_id.in_(_newest("article_id", ARRIVALS_MAX)))
        joined = sa.join(TOPIC, MATCH, mine)
        for some in portions(sorted(topics)):
            asked = sa.select(TOPIC.c.key, MATCH.c.matched_at).select_from(joined).where(TOPIC.c.key.in_(some))
            for key, at in self._db.execute(asked):
                found.setdefault(TopicKey(key), []).append(at)
        return {key: sorted(times) for key, times in found.items()}

    def match_counts(self, topics: Collection[TopicKey], edges: Sequence[datetime]) -> dict[TopicKey, list[int]]:
        """How often each of these was answered between two edges, in their order, without what was kept in silence.

        One question for each span and some hundred topics: what is counted is read from an index.
        """
        found = {key: [0] * (len(edges) - 1) for key in topics}
        for place, (start, end) in enumerate(pairwise(edges)):
            during = sa.and_(MATCH.c.matched_at >= start, MATCH.c.matched_at < end, MATCH.c.silent.is_(False))
            for some in portions(sorted(topics)):
                asked = sa.select(MATCH.c.topic, sa.func.count().label("n")).where(MATCH.c.topic.in_(some), during)
                for row in self._db.execute(asked.group_by(MATCH.c.topic)):
                    found[TopicKey(row.topic)][place] = row.n
        return found

    def next_article(self, since: datetime) -> datetime | None:
        """When the first article from then on came in, of whatever feed."""
        return self._db.execute(
            sa.select(sa.func.min(ARTICLE.c.first_seen_at)).where(ARTICLE.c.first_seen_at >= since)
        ).scalar()

    def hours_with_articles(self, since: datetime, until: datetime) -> set[int]:
        """The hours since 1970, of that time, in which any article came in: one short question for each."""
        hours: set[int] = set()
        at = self.next_article(since)
        while at is not None and at < until:
            hours.add(int(at.timestamp() // 3600))
            at = self.next_article(at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
        return hours


def _newest(column: str, limit: int) -> sa.ScalarSelect[Any]:
    """The newest of the topic asked for around it; by the ids of articles, which the table's key holds in order."""
    match = MATCH.alias()
    mine = sa.select(match.c[column]).where(match.c.topic == TOPIC.c.key, match.c.silent.is_(False))
    return mine.order_by(match.c.article_id.desc()).limit(limit).correlate(TOPIC).scalar_subquery()
