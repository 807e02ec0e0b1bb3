"""Let topics that are new or edited look into the archive, where a person asked for it by `plan --apply --replay`.

Without it a topic begins with what comes: nothing stored before is told. What it finds waits for its next digest as if
it had just come; what a channel was told already it is not told again.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.config.watchlist import changed_topics
from monitor.digests.schedule import now_due_at
from monitor.logs import get_log
from monitor.model import ArticleId, Topic, TopicKey, Watchlist
from monitor.pipeline.ingest import IngestContext
from monitor.storage.articles import StoredArticle
from monitor.storage.matches import StoredMatch
from monitor.storage.search import candidates, judge
from monitor.storage.store import Store, Transaction
from monitor.stories.identity import Standing
from monitor.topics.match import CompiledWatchlist, compile_watchlist

log = get_log()

PORTION = 1_000
"""Articles judged in one step: a fraction of a second, in which the database's thread does nothing else."""


class LookBack:
    """One look into the archive, in steps. Begun anew after a stop: what was found stays as it is."""

    def __init__(self, compiled: CompiledWatchlist, since: datetime, ids: Sequence[ArticleId], body_hash: str) -> None:
        self.body_hash = body_hash
        """The watchlist it is made for."""
        self._compiled = compiled
        self._since = since
        self._ids = list(ids)
        self._found = 0

    def step(self, store: Store, context: IngestContext, now: datetime) -> bool:
        """Judge the next portion, newest first; True when all is done, and the edit that asked for it is used up."""
        ids, self._ids = self._ids[:PORTION], self._ids[PORTION:]
        with store.read() as tx:
            hits = list(judge(tx, self._compiled, ids))
            stored = tx.articles.by_ids({hit.article.id for hit in hits})
        with store.write() as tx:
            tx.corrections.share()
            fresh = [
                StoredMatch(hit.match, tx.corrections.story_of(one.article.id) or one.story_id, now, silent=False)
                for hit in hits
                if (one := stored.get(hit.article.id)) is not None and self._is_news(one)
            ]
            fresh.sort(key=lambda one: one.match.article_id)
            tx.matches.record(fresh)
            tx.topics.touch(_due(context, {one.match.topic for one in fresh}, now))
            if not self._ids:
                tx.revisions.use_up(self.body_hash)
        self._found += len(fresh)
        if not self._ids:
            log.info("archive.looked_back", topics=len(self._compiled.topics), matches=self._found)
        return not self._ids

    def _is_news(self, stored: StoredArticle) -> bool:
        """Of what was kept silent only what is of that time: a feed's first reading brings months."""
        if stored.standing == Standing.NEW:
            return True
        published = stored.article.published_at
        is_of_then = published is not None and published >= self._since
        return is_of_then and stored.standing in (Standing.BASELINE, Standing.BACKLOG)


def begin_look_back(store: Store, context: IngestContext, body_hash: str, now: datetime) -> LookBack | None:
    """What a person asked of the watchlist in force, which has this hash; None where nothing is asked or left to do."""
    with store.read() as tx:
        edit = tx.revisions.edit_of(body_hash)
        if edit is None:
            return None
        keys = _new_topics(tx, body_hash) if edit.replay_s else set()
        topics = tuple(topic for topic in context.watchlist.watchlist.topics if topic.key in keys)
        since = now - timedelta(seconds=edit.replay_s)
        if topics:
            part = _part(context.watchlist, topics)
            return LookBack(part, since, candidates(tx, part, since), body_hash)
    with store.write() as tx:
        tx.revisions.use_up(body_hash)
    return None


def _new_topics(tx: Transaction, body_hash: str) -> set[TopicKey]:
    latest = tx.revisions.latest()
    if latest is None or latest.watchlist_hash != body_hash:
        return set()
    before = tx.revisions.other(latest, "watchlist.toml")
    return changed_topics(None if before is None else before.watchlist.encode(), latest.watchlist.encode())


def _part(compiled: CompiledWatchlist, topics: Sequence[Topic]) -> CompiledWatchlist:
    """These topics alone, as they judge now."""
    return compile_watchlist(Watchlist(tuple(topics), compiled.watchlist.lists), compiled.lexicon, compiled)


def _due(context: IngestContext, keys: set[TopicKey], now: datetime) -> dict[TopicKey, datetime | None]:
    topics = [context.topics[key] for key in sorted(keys) if key in context.topics]
    return {topic.key: now_due_at(now, topic.settle_s) if topic.schedule.now else None for topic in topics}
