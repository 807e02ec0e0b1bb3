"""What a budget asks: the scores of a topic's stories, how much was told, and what was held back.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.digests.budget import BAR_REASON, GATE, Scored
from monitor.model import ChannelName, DeliveryKind, DigestKind, StoryId, TopicKey
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.mutes import stories_now
from monitor.storage.rows import portions
from monitor.storage.tables import ARTICLE, DIGEST, FEED, HELD_BACK, MATCH, SENT_LOG
from monitor.storage.tellings import BREAKING_REASON

STORIES_MAX = 20_000
"""Stories that a history looks at, the newest; nobody's two weeks have more."""
OWED_MAX = 5_000
"""Stories that one footer counts."""


class HeldStory(Struct, frozen=True):
    """A story that a budget kept from channels, as it stands now."""

    story_id: StoryId
    """Where it stands now."""
    title: str
    """Of its article with the best score; empty where its articles are past the retention."""
    url: str
    outlet: str
    score: int | None
    """The best of its articles now."""
    held_at: datetime
    """When it was held back last."""
    channels: tuple[ChannelName, ...]
    reason: str
    """Why, the last time."""


class BarTable:
    """Questions of budgets."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def history(self, topics: Sequence[TopicKey], since: datetime) -> list[Scored]:
        """The stories that answered any of these topics since then, in the order they first did.

        Without what stood in a feed at its first reading or came as a backlog, and without what broke: that is told
        whatever its score.
        """
        broke = sa.select(SENT_LOG.c.story_id).where(
            SENT_LOG.c.topic.in_(topics),
            SENT_LOG.c.told_at >= since,
            SENT_LOG.c.reason.like(f"{BREAKING_REASON}%"),
        )
        first_at = sa.func.min(MATCH.c.matched_at)
        question = (
            sa.select(MATCH.c.story_id, sa.func.max(MATCH.c.score).label("score"), first_at.label("first_at"))
            .where(MATCH.c.topic.in_(topics), MATCH.c.matched_at >= since, MATCH.c.silent.is_(False))
            .where(MATCH.c.story_id.not_in(broke))
            .group_by(MATCH.c.story_id)
            .order_by(first_at.desc(), MATCH.c.story_id.desc())
            .limit(STORIES_MAX)
        )
        rows = list(self._db.execute(question))
        return [Scored(StoryId(row.story_id), row.score, row.first_at) for row in reversed(rows)]

    def count_told(self, channel: ChannelName, topic: TopicKey | None, since: datetime) -> int:
        """Tellings of the channel since then, of the topic or of all; without what broke or was only split."""
        recent = sa.select(DIGEST.c.topic).where(DIGEST.c.closed_at >= since)
        question = (
            sa.select(sa.func.count())
            .select_from(SENT_LOG)
            .where(SENT_LOG.c.topic == topic if topic is not None else SENT_LOG.c.topic.in_(recent))
            .where(SENT_LOG.c.told_at >= since, SENT_LOG.c.channel == channel)
            .where(SENT_LOG.c.reason.not_like(f"{BREAKING_REASON}%"), SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
        )
        return self._db.execute(question).scalar_one()

    def owed(self, channel: ChannelName, topic: TopicKey, since: datetime) -> list[tuple[StoryId, datetime, bool]]:
        """What a budget kept from the channel since its last digest of the topic, since then at the earliest.

        Each story once, with when that was first, and whether it did not reach the bar; without what was told after.
        Breaking news is no such digest: it has no footer.
        """
        last = self._last_digest_at(channel, topic, since)
        told = sa.exists().where(
            SENT_LOG.c.channel == channel,
            SENT_LOG.c.story_id == HELD_BACK.c.story_id,
            SENT_LOG.c.told_at >= DIGEST.c.closed_at,
        )
        question = (
            sa.select(HELD_BACK.c.story_id, HELD_BACK.c.reason, DIGEST.c.closed_at)
            .join(DIGEST, DIGEST.c.id == HELD_BACK.c.digest_id)
            .where(DIGEST.c.topic == topic, DIGEST.c.closed_at >= since)
            .where(HELD_BACK.c.channel == channel, HELD_BACK.c.gate == GATE, ~told)
            .order_by(DIGEST.c.closed_at, HELD_BACK.c.story_id)
        )
        if last is not None:
            question = question.where(DIGEST.c.closed_at > last)
        found: dict[StoryId, tuple[StoryId, datetime, bool]] = {}
        for row in self._db.execute(question.limit(OWED_MAX)):
            story = StoryId(row.story_id)
            found.setdefault(story, (story, row.closed_at, row.reason.startswith(BAR_REASON)))
        return list(found.values())

    def _last_digest_at(self, channel: ChannelName, topic: TopicKey, since: datetime) -> datetime | None:
        went = sa.exists().where(
            DELIVERY.c.digest_id == DIGEST.c.id,
            DELIVERY.c.channel == channel,
            DELIVERY.c.kind == DeliveryKind.DIGEST.value,
        )
        question = (
            sa.select(DIGEST.c.closed_at)
            .where(DIGEST.c.topic == topic, DIGEST.c.closed_at >= since, went)
            .where(DIGEST.c.kind != DigestKind.BREAKING.value)
            .order_by(DIGEST.c.closed_at.desc())
            .limit(1)
        )
        return self._db.execute(question).scalar()

    def count_held(self, topic: TopicKey, since: datetime) -> int:
        """How many stories a budget kept from a channel since then that it was not told after; up to a bound."""
        question = (
            sa.select(HELD_BACK.c.story_id)
            .join(DIGEST, DIGEST.c.id == HELD_BACK.c.digest_id)
            .where(DIGEST.c.topic == topic, DIGEST.c.closed_at >= since, HELD_BACK.c.gate == GATE, ~_was_told_after())
            .distinct()
            .limit(OWED_MAX)
        )
        return self._db.execute(sa.select(sa.func.count()).select_from(question.subquery())).scalar_one()

    def held(self, topic: TopicKey, since: datetime, limit: int) -> list[HeldStory]:
        """The stories that a budget kept from a channel since then and that it was not told after, the best first."""
        question = (
            sa.select(HELD_BACK.c.story_id, HELD_BACK.c.channel, HELD_BACK.c.reason, DIGEST.c.closed_at)
            .join(DIGEST, DIGEST.c.id == HELD_BACK.c.digest_id)
            .where(DIGEST.c.topic == topic, DIGEST.c.closed_at >= since, HELD_BACK.c.gate == GATE, ~_was_told_after())
            .order_by(DIGEST.c.closed_at.desc(), HELD_BACK.c.story_id, HELD_BACK.c.channel)
            .limit(OWED_MAX)
        )
        rows = list(self._db.execute(question))
        now_in = self._stories_of([StoryId(row.story_id) for row in rows])
        channels: dict[StoryId, set[ChannelName]] = {}
        latest: dict[StoryId, tuple[datetime, str]] = {}
        for row in rows:
            story = now_in[StoryId(row.story_id)]
            channels.setdefault(story, set()).add(ChannelName(row.channel))
            latest.setdefault(story, (row.closed_at, row.reason))
        best = self._best_of(topic, list(latest))
        found = [
            HeldStory(story, *best.get(story, ("", "", "", None)), at, tuple(sorted(channels[story])), reason)
            for story, (at, reason) in latest.items()
        ]
        found.sort(
            key=lambda one: (-(one.score if one.score is not None else -1), -one.held_at.timestamp(), one.story_id)
        )
        return found[:limit]

    def _stories_of(self, keys: Sequence[StoryId]) -> dict[StoryId, StoryId]:
        """The story of what was told by itself, else where the story stands now."""
        found = dict(stories_now(self._db, keys))
        for some in portions(sorted(set(keys))):
            question = sa.select(ARTICLE.c.id, ARTICLE.c.story_id).where(ARTICLE.c.id.in_(some))
            articles = {StoryId(row.id): StoryId(row.story_id) for row in self._db.execute(question)}
            stories = sa.select(ARTICLE.c.story_id).where(ARTICLE.c.story_id.in_(some)).distinct()
            are_stories = set(self._db.execute(stories).scalars())
            # Articles and stories share a counter, so a number is the one or the other.
            found |= {key: story for key, story in articles.items() if key not in are_stories}
        return found

    def _best_of(self, topic: TopicKey, stories: Sequence[StoryId]) -> dict[StoryId, tuple[str, str, str, int | None]]:
        source = sa.func.coalesce(sa.func.nullif(ARTICLE.c.source, ""), FEED.c.name)
        best: dict[StoryId, tuple[str, str, str, int | None]] = {}
        for some in portions(stories):
            question = (
                sa.select(ARTICLE.c.story_id, ARTICLE.c.title, ARTICLE.c.url, source.label("outlet"), MATCH.c.score)
                .join(MATCH, sa.and_(MATCH.c.article_id == ARTICLE.c.id, MATCH.c.topic == topic))
                .outerjoin(FEED, FEED.c.id == ARTICLE.c.feed_id)
                .where(ARTICLE.c.story_id.in_(some), MATCH.c.silent.is_(False))
                .order_by(MATCH.c.score.desc(), ARTICLE.c.id)
            )
            for row in self._db.execute(question):
                best.setdefault(StoryId(row.story_id), (row.title, row.url or "", row.outlet or "", row.score))
        return best


def _was_told_after() -> sa.Exists:
    """Whether the channel was told the story in the digest that held it, or later."""
    return sa.exists().where(
        SENT_LOG.c.channel == HELD_BACK.c.channel,
        SENT_LOG.c.story_id == HELD_BACK.c.story_id,
        SENT_LOG.c.told_at >= DIGEST.c.closed_at,
    )
