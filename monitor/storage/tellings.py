"""What the sent log and the matches say of a channel's messages: their roots, their rate, what else they answer.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.model import ArticleId, ChannelName, DeliveryId, DeliveryKind, DigestId, DigestKind, StoryId, TopicKey
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, DIGEST, FEED, MATCH, SENT_LOG

TIMES_MAX = 50_000
"""Matches of a topic that its volume looks at, the newest: far beyond any that a person could read."""
AT_ONCE_MAX = 2_000
"""Messages told at once that a look counts: twice the most that a channel may have in an hour."""
BREAKING_REASON = "breaking: "
"""How the reason of a telling begins that broke."""


class ToldLine(Struct, frozen=True):
    """A story that a digest told to a channel, as a line of a later note."""

    story_id: StoryId
    title: str
    url: str
    outlet: str


class Root(Struct, frozen=True):
    """The message in which a channel was first told a story."""

    digest_id: DigestId
    article_id: ArticleId
    """The article that led it."""
    title: str
    """What it was told under; empty where the article is gone."""
    told_at: datetime
    reason: str
    independent_count: int
    """As many as it had then."""
    deliveries: Mapping[str, DeliveryId]
    """The first part of the message, by lane."""


class TellingTable:
    """Questions of tellings."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def told_in(self, channel: ChannelName, digests: Sequence[DigestId]) -> list[ToldLine]:
        """The stories that these digests told to the channel, each once, in the order they were told."""
        lines: dict[StoryId, ToldLine] = {}
        source = sa.func.coalesce(sa.func.nullif(ARTICLE.c.source, ""), FEED.c.name)
        for some in portions(digests):
            question = (
                sa.select(SENT_LOG.c.story_id, ARTICLE.c.title, ARTICLE.c.url, source.label("outlet"))
                .join(ARTICLE, ARTICLE.c.id == SENT_LOG.c.article_id)
                .join(FEED, FEED.c.id == ARTICLE.c.feed_id)
                .where(SENT_LOG.c.channel == channel, SENT_LOG.c.digest_id.in_(some))
                .order_by(SENT_LOG.c.digest_id, SENT_LOG.c.article_id)
            )
            for row in self._db.execute(question):
                story = StoryId(row.story_id)
                lines.setdefault(story, ToldLine(story, row.title, row.url, row.outlet))
        return list(lines.values())

    def root_of(self, channel: ChannelName, story_id: StoryId) -> Root | None:
        """The message that first told the channel the story, or an article of it; None where none did."""
        articles = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id == story_id)
        of_it = sa.or_(SENT_LOG.c.story_id == story_id, SENT_LOG.c.article_id.in_(articles))
        question = (
            sa.select(SENT_LOG, ARTICLE.c.title)
            .select_from(SENT_LOG)
            .outerjoin(ARTICLE, ARTICLE.c.id == SENT_LOG.c.article_id)
            .where(SENT_LOG.c.channel == channel, of_it, SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
            .order_by(SENT_LOG.c.told_at, SENT_LOG.c.telling)
            .limit(1)
        )
        row = self._db.execute(question).first()
        if row is None:
            return None
        parts = sa.select(DELIVERY.c.lane, DELIVERY.c.id).where(
            DELIVERY.c.digest_id == row.digest_id,
            DELIVERY.c.channel == channel,
            DELIVERY.c.part == 1,
            DELIVERY.c.kind == DeliveryKind.DIGEST.value,
        )
        return Root(
            digest_id=DigestId(row.digest_id),
            article_id=ArticleId(row.article_id),
            title=row.title or "",
            told_at=row.told_at,
            reason=row.reason,
            independent_count=row.independent_count,
            deliveries={part.lane: DeliveryId(part.id) for part in self._db.execute(parts)},
        )

    def broke(self, topic: TopicKey, since: datetime) -> set[StoryId]:
        """The stories of the topic that broke on some channel since then, where they stand now."""
        question = (
            sa.select(sa.func.coalesce(ARTICLE.c.story_id, SENT_LOG.c.story_id))
            .select_from(SENT_LOG)
            .outerjoin(ARTICLE, ARTICLE.c.id == SENT_LOG.c.article_id)
            .where(SENT_LOG.c.topic == topic, SENT_LOG.c.told_at >= since)
            .where(SENT_LOG.c.reason.like(f"{BREAKING_REASON}%"))
        )
        return {StoryId(number) for number in self._db.execute(question).scalars()}

    def at_once(self, channel: ChannelName, since: datetime) -> list[datetime]:
        """When messages that were told at once were put in line for the channel since then, in order."""
        kinds = (DigestKind.NOW.value, DigestKind.BREAKING.value)
        # From the digests of the hour to their deliveries: the other way leads through all that the channel ever got.
        went = sa.exists().where(
            DELIVERY.c.digest_id == DIGEST.c.id,
            DELIVERY.c.channel == channel,
            DELIVERY.c.kind == DeliveryKind.DIGEST.value,
        )
        question = sa.select(DIGEST.c.closed_at).where(DIGEST.c.closed_at > since, DIGEST.c.kind.in_(kinds), went)
        question = question.order_by(DIGEST.c.closed_at.desc()).limit(AT_ONCE_MAX)
        return sorted(row.closed_at for row in self._db.execute(question))

    def match_times(self, topic: TopicKey, since: datetime) -> list[datetime]:
        """When articles answered the topic since then, in order; without what stood in a feed at its first reading."""
        question = (
            sa.select(MATCH.c.matched_at)
            .where(MATCH.c.topic == topic, MATCH.c.matched_at >= since, MATCH.c.silent.is_(False))
            .order_by(MATCH.c.matched_at.desc())
            .limit(TIMES_MAX)
        )
        return sorted(self._db.execute(question).scalars())

    def topics_of(self, leads: Sequence[ArticleId]) -> dict[ArticleId, list[TopicKey]]:
        """Which topics the stories of these articles answer, by article, in the order of their keys."""
        other = ARTICLE.alias("other")
        found: dict[ArticleId, list[TopicKey]] = defaultdict(list)
        for some in portions(leads):
            question = (
                sa.select(ARTICLE.c.id, MATCH.c.topic)
                .join(other, other.c.story_id == ARTICLE.c.story_id)
                .join(MATCH, MATCH.c.article_id == other.c.id)
                .where(ARTICLE.c.id.in_(some), MATCH.c.silent.is_(False))
                .distinct()
                .order_by(ARTICLE.c.id, MATCH.c.topic)
            )
            for row in self._db.execute(question):
                found[ArticleId(row.id)].append(TopicKey(row.topic))
        return dict(found)
