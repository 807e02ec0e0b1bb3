"""Match an article once more when more is known of it: its page's text, or its meaning.

What it matched before stays; while no digest has taken a match, it may stand on better evidence. The stories are not
formed anew.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from monitor.digests.schedule import now_due_at
from monitor.feeds.fulltext import complete
from monitor.model import Article, Evidence, Field, Match, NoMatch, TopicKey
from monitor.pipeline.ingest import IngestContext
from monitor.storage.articles import StoredArticle
from monitor.storage.matches import StoredMatch
from monitor.storage.store import Transaction
from monitor.topics.match import CompiledWatchlist, match_article
from monitor.topics.nearness import Nearness


class JudgedAgain(Struct, frozen=True):
    """What an article answers now that more is known of it."""

    stored: StoredArticle
    found: tuple[Match, ...]
    near: tuple[NoMatch, ...]


def complete_article(article: Article, page_text: str) -> Article:
    """The article with its page's text; itself where there is none."""
    return replace(article, text=complete(article.text, page_text)) if page_text else article


def judge_again(
    stored: StoredArticle, page_text: str, watchlist: CompiledWatchlist, nearness: Nearness | None = None
) -> JudgedAgain:
    """Judge an article with its page's text, or without one, and by its meaning where that is known."""
    found, near = match_article(watchlist, complete_article(stored.article, page_text), nearness)
    return JudgedAgain(stored, tuple(map(_in_page, found) if page_text else found), tuple(near))


def store_again(tx: Transaction, judged: JudgedAgain, context: IngestContext, now: datetime) -> int:
    """Store what is new in it; returns how many matches were."""
    stored = judged.stored
    tx.corrections.share()
    # Its text was read in another transaction, and a person may have merged or split its story since.
    story_id = tx.corrections.story_of(stored.article.id) or stored.story_id
    known = {one.match.topic: one.match for one in tx.matches.of_article(stored.article.id)}
    fresh: list[StoredMatch] = []
    due: dict[TopicKey, datetime | None] = {}
    is_silent = stored.standing != "new"
    for match in judged.found:
        before = known.get(match.topic)
        if before is None:
            is_told = not is_silent and not _is_older(tx, stored.article, match.topic)
            fresh.append(StoredMatch(match, story_id, now, not is_told))
            if is_told and stored.article.seen_at is not None:
                context.note_match(match.topic, (now - stored.article.seen_at).total_seconds())
            topic = context.topics.get(match.topic)
            if topic is not None and is_told:
                due[topic.key] = now_due_at(now, topic.settle_s) if topic.schedule.now else None
        elif _is_better(match, before):
            tx.matches.improve(match)
    tx.matches.record(fresh)
    tx.matches.record_near([miss for miss in judged.near if miss.topic not in known], now, renews=True)
    tx.topics.touch(due)
    return len(fresh)


def _is_older(tx: Transaction, article: Article, key: TopicKey) -> bool:
    """Whether the article was stored before anybody watched the topic: then it is part of its baseline."""
    topic = tx.topics.get(key)
    return topic is not None and article.seen_at is not None and article.seen_at < topic.created_at


def _is_better(match: Match, before: Match) -> bool:
    return (len(match.evidence), match.score) > (len(before.evidence), before.score)


def _in_page(match: Match) -> Match:
    """The match as one whose words stand in the completed text."""
    return replace(match, evidence=_moved(match.evidence))


def _moved(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(
        replace(
            one,
            spans=tuple(replace(span, field=Field.PAGE) if span.field is Field.TEXT else span for span in one.spans),
        )
        for one in evidence
    )
