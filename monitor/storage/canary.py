"""The rows of the canary: how far it came, and their removal, for they are of no interest once it is known.

Effects: database.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.model import ArticleId
from monitor.model.canary import CANARY_CHANNEL, CANARY_HOST, CANARY_PATH, CANARY_TOPIC
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.digests import DigestTable
from monitor.storage.matches import MatchTable
from monitor.storage.pages import PageTable
from monitor.storage.prints import PrintTable
from monitor.storage.second_looks import SecondLookTable
from monitor.storage.story_tables import STORY
from monitor.storage.tables import ARTICLE, DIGEST, ENTRY_ALIAS, FEED, HELD_BACK, MATCH, POLL, SENT_LOG, TOPIC
from monitor.storage.vectors import VectorTable
from monitor.storage.word_index import WordIndex

IS_CANARY_FEED = FEED.c.url.like(f"{CANARY_HOST}%{CANARY_PATH}")
"""Its row among the feeds."""


class CanaryTable:
    """Questions and changes of the canary's rows."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def is_read(self, url: str) -> bool:
        """Whether its feed was read once, so that what it shows next is news."""
        read = sa.select(FEED.c.id).where(FEED.c.url == url, FEED.c.first_polled_at.is_not(None))
        return self._db.execute(read).first() is not None

    def shown(self) -> tuple[int, int]:
        """How many of the stored articles, and of the tellings, are its own: one each while it is under way."""
        articles = sa.select(sa.func.count()).select_from(MATCH).where(MATCH.c.topic == CANARY_TOPIC)
        tellings = sa.select(sa.func.count()).select_from(SENT_LOG).where(SENT_LOG.c.topic == CANARY_TOPIC)
        return self._db.execute(articles).scalar_one(), self._db.execute(tellings).scalar_one()

    def stage(self) -> str:
        """How far it came: `polled` where nothing of it is stored, then `stored`, `matched` or `closed`."""
        if self._has(sa.select(DELIVERY.c.id).where(DELIVERY.c.channel == CANARY_CHANNEL)):
            return "closed"
        if self._has(sa.select(MATCH.c.article_id).where(MATCH.c.topic == CANARY_TOPIC)):
            return "matched"
        mine = sa.select(FEED.c.id).where(IS_CANARY_FEED)
        return "stored" if self._has(sa.select(ARTICLE.c.id).where(ARTICLE.c.feed_id.in_(mine))) else "polled"

    def is_settled(self) -> bool:
        """Whether nothing of it is under way."""
        under_way = sa.select(DELIVERY.c.id).where(DELIVERY.c.channel == CANARY_CHANNEL, DELIVERY.c.state == "leased")
        return not self._has(under_way)

    def clear(self) -> None:
        """Remove what it brought; its feed stays."""
        feeds = list(self._db.execute(sa.select(FEED.c.id).where(IS_CANARY_FEED)).scalars())
        found = self._db.execute(sa.select(ARTICLE.c.id, ARTICLE.c.story_id).where(ARTICLE.c.feed_id.in_(feeds))).all()
        ids, stories = [ArticleId(row.id) for row in found], [row.story_id for row in found]
        WordIndex(self._db).forget(ids)  # reads their texts once more, so it comes first
        for table in (MatchTable, DigestTable, PageTable, VectorTable, SecondLookTable, PrintTable):
            table(self._db).forget(ids)
        digests = sa.select(DIGEST.c.id).where(DIGEST.c.topic == CANARY_TOPIC)
        for gone in (
            sa.delete(DELIVERY).where(DELIVERY.c.channel == CANARY_CHANNEL),
            sa.delete(SENT_LOG).where(SENT_LOG.c.channel == CANARY_CHANNEL),
            sa.delete(HELD_BACK).where(HELD_BACK.c.digest_id.in_(digests)),
            sa.delete(DIGEST).where(DIGEST.c.topic == CANARY_TOPIC),
            sa.delete(MATCH).where(MATCH.c.topic == CANARY_TOPIC),
            sa.delete(ARTICLE).where(ARTICLE.c.id.in_(ids)),
            sa.delete(STORY).where(STORY.c.id.in_(stories)),
            sa.delete(ENTRY_ALIAS).where(ENTRY_ALIAS.c.feed_id.in_(feeds)),
            sa.delete(POLL).where(POLL.c.feed_id.in_(feeds)),
        ):
            self._db.execute(gone)

    def remove(self) -> None:
        """Remove all of it, its feed and topic too: nothing of an earlier start is left."""
        self.clear()
        self._db.execute(sa.delete(FEED).where(IS_CANARY_FEED))
        self._db.execute(sa.delete(TOPIC).where(TOPIC.c.key == CANARY_TOPIC))

    def _has(self, question: sa.Select[tuple[int]]) -> bool:
        return self._db.execute(question.limit(1)).first() is not None
