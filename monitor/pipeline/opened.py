"""The open matches that a digest decides on, also where more are muted than one digest takes.

Effects: database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from monitor.digests.mutes import mute_of
from monitor.model import ArticleId, Mute, MuteKind, StoryId, Topic
from monitor.storage.matches import OPEN_MAX, StoredMatch
from monitor.storage.store import Transaction

PAGES_MAX = 4
"""How often so many matches are read and found to be muted by a term, in one look; the rest waits for the next."""


def open_matches(tx: Transaction, topic: Topic, now: datetime) -> list[StoredMatch]:
    """What no digest of the topic has taken, oldest first, at most `OPEN_MAX`.

    As long as all of it fits, what is muted is in it, and has its reason written down. Beyond that, what is muted on
    every channel of the topic is left out: it cannot be told, and new matches would wait behind it.
    """
    opened = tx.matches.open_for(topic.key)
    if len(opened) < OPEN_MAX:
        return opened
    mutes = [mute for mute in tx.mutes.in_force(now) if mute.kind is not MuteKind.TOPIC]
    if not mutes:
        return opened
    feeds = _held_everywhere(mutes, MuteKind.FEED, topic)
    stories = {StoryId(int(value)) for value in _held_everywhere(mutes, MuteKind.STORY, topic)}
    terms = [mute for mute in mutes if mute.kind is MuteKind.TERM]
    left: list[StoredMatch] = []
    after: StoredMatch | None = None
    for _ in range(PAGES_MAX):
        page = tx.matches.open_for(topic.key, without_feeds=feeds, without_stories=stories, after=after)
        left += _unmuted(tx, topic, page, terms)
        if len(page) < OPEN_MAX or len(left) >= OPEN_MAX:
            break
        after = page[-1]
    return left[:OPEN_MAX] or opened


def _held_everywhere(mutes: Sequence[Mute], kind: MuteKind, topic: Topic) -> set[str]:
    """The values that are muted on every channel of the topic."""
    held: dict[str, set[str | None]] = {}
    for mute in mutes:
        if mute.kind is kind:
            held.setdefault(mute.value, set()).add(mute.channel)
    return {value for value, channels in held.items() if None in channels or channels >= {*topic.channels}}


def _unmuted(
    tx: Transaction, topic: Topic, page: Sequence[StoredMatch], terms: Sequence[Mute]
) -> Collection[StoredMatch]:
    if not terms:
        return page
    articles = tx.articles.by_ids([ArticleId(stored.match.article_id) for stored in page])
    return [
        stored
        for stored in page
        if (known := articles.get(ArticleId(stored.match.article_id))) is None
        or any(
            mute_of(terms, topic=topic.key, channel=name, story=None, article=known.article) is None
            for name in topic.channels
        )
    ]
