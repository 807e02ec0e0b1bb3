"""The stories that answered a topic, the newest first: told where, or not told and why; with the words that say so.

Effects: database.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from monitor.digests.mutes import mute_of
from monitor.feeds.fulltext import complete
from monitor.model import ArticleId, ChannelName, DigestId, Match, Mute, StoryId, Topic, Verdict
from monitor.storage.articles import StoredArticle
from monitor.storage.digests import SPLIT_REASON, SentRecord
from monitor.storage.pages import page_texts
from monitor.storage.store import Transaction
from monitor.storage.topic_views import MatchLine
from monitor.storage.topics import TopicState
from monitor.views.marking import Piece, mark_article, mark_title, say_why

STORIES = 20
"""Of one page."""
ASKED_AT_ONCE = 60
SCANNED_MAX = 600
"""Matches looked through for one page, where most of them are not of the kind that is asked for."""
_RECORDED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC")


class ShowOfTopic(StrEnum):
    """Which stories are asked for."""

    ALL = "all"
    TOLD = "told"
    UNTOLD = "untold"


class FateKind(StrEnum):
    """What became of a story."""

    TOLD = "told"
    WAITS = "waits"
    MUTED = "muted"
    HELD = "held"
    SILENT = "silent"


class Fate(Struct, frozen=True):
    """What became of a story, in words."""

    kind: FateKind
    words: str
    """What stands behind the kind: `on console`, `below the bar of 40`."""
    at: datetime | None = None
    """When that was, or will be."""


class ToldOn(Struct, frozen=True):
    """A telling of it."""

    channel: ChannelName
    at: datetime
    is_update: bool
    is_delivered: bool
    reason: str


class StoryLine(Struct, frozen=True):
    """A story as the topic has it, by its article with the best score among the newest."""

    story_id: StoryId
    article_id: ArticleId
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    outlet: str
    url: str
    at: datetime
    """When its newest article answered the topic."""
    score: int
    why: tuple[str, ...]
    fate: Fate
    told: tuple[ToldOn, ...]
    mark: Verdict | None
    articles: int
    """How many of its articles that were looked at answered the topic."""


class StoryPage(Struct, frozen=True):
    """A page of stories."""

    lines: tuple[StoryLine, ...]
    next: ArticleId | None
    """Below which article the next page begins; None at the end."""


class _Known(Struct, frozen=True):
    """What is known of some stories at once."""

    articles: Mapping[ArticleId, StoredArticle]
    told: Mapping[int, Sequence[SentRecord]]
    delivered: set[tuple[DigestId, ChannelName]]
    mutes: Sequence[Mute]
    state: TopicState | None
    now: datetime


def read_stories(
    tx: Transaction,
    topic: Topic,
    now: datetime,
    *,
    show: ShowOfTopic = ShowOfTopic.ALL,
    before: ArticleId | None = None,
    limit: int = STORIES,
) -> StoryPage:
    """A page of the topic's stories, those with the newest articles first; each stands on one page alone."""
    mutes, state = tx.mutes.in_force(now), tx.topics.get(topic.key)
    lines: list[StoryLine] = []
    seen: set[StoryId] = set()
    scanned, cursor = 0, before
    while scanned < SCANNED_MAX:
        rows = tx.topic_views.newest(topic.key, before=cursor, limit=ASKED_AT_ONCE)
        groups = _group(rows, seen)
        if before is not None:
            later = tx.topic_views.later(topic.key, list(groups), before)
            groups = {story: some for story, some in groups.items() if story not in later}
        known = _look_up(tx, topic, groups, mutes, state, now)
        for story, some in groups.items():
            line = _to_line(tx, topic, story, some, known, show)
            if line is None:
                continue
            lines.append(line)
            if len(lines) == limit:
                return StoryPage(tuple(lines), some[0].article_id)
        if len(rows) < ASKED_AT_ONCE:
            return StoryPage(tuple(lines), None)
        scanned += len(rows)
        cursor = rows[-1].article_id
    return StoryPage(tuple(lines), cursor)


def _group(rows: Sequence[MatchLine], seen: set[StoryId]) -> dict[StoryId, list[MatchLine]]:
    """The rows by story, in the order of their newest; without stories that an earlier portion showed."""
    groups: dict[StoryId, list[MatchLine]] = {}
    for row in rows:
        if row.story_id not in seen:
            groups.setdefault(row.story_id, []).append(row)
    seen.update(groups)
    return groups


def _is_wanted(fate: Fate, show: ShowOfTopic) -> bool:
    return show is ShowOfTopic.ALL or (fate.kind is FateKind.TOLD) == (show is ShowOfTopic.TOLD)


def _look_up(
    tx: Transaction,
    topic: Topic,
    groups: Mapping[StoryId, Sequence[MatchLine]],
    mutes: Sequence[Mute],
    state: TopicState | None,
    now: datetime,
) -> _Known:
    best = [max(some, key=lambda row: (row.score, row.article_id)).article_id for some in groups.values()]
    articles = tx.articles.by_ids(best)
    keys = {int(story) for story in groups} | {int(row.article_id) for some in groups.values() for row in some}
    keys |= {int(one.text_id) for one in articles.values() if one.text_id is not None}
    told = tx.topic_views.told_under(topic.key, keys)
    digests = {one.digest_id for some in told.values() for one in some}
    return _Known(
        articles=articles,
        told=told,
        delivered=tx.topic_views.delivered(digests),
        mutes=mutes,
        state=state,
        now=now,
    )


def _to_line(
    tx: Transaction, topic: Topic, story: StoryId, rows: Sequence[MatchLine], known: _Known, show: ShowOfTopic
) -> StoryLine | None:
    """The story, or None where it is not of the kind that is asked for: of those nothing more is read."""
    best = max(rows, key=lambda row: (row.score, row.article_id))
    stored = known.articles.get(best.article_id)
    if stored is None:
        return None  # swept this very moment
    keys = {int(story), *(int(row.article_id) for row in rows), int(stored.text_id or 0)}
    told = _told(keys, known)
    fate = _fate(tx, topic, story, stored, rows, told, keys, known)
    match = tx.topic_views.matches_of(topic.key, [best.article_id]) if _is_wanted(fate, show) else {}
    if best.article_id not in match:
        return None
    return _whole(tx, topic, story, stored, match[best.article_id], rows, fate, told)


def _whole(
    tx: Transaction,
    topic: Topic,
    story: StoryId,
    stored: StoredArticle,
    match: Match,
    rows: Sequence[MatchLine],
    fate: Fate,
    told: Sequence[ToldOn],
) -> StoryLine:
    mark = tx.marks.get(topic.key, stored.article.id)
    article = stored.article
    return StoryLine(
        story_id=story,
        article_id=article.id,
        title=mark_title(article.title, match.evidence),
        text=mark_article(article, match, _page_text(tx, stored)),
        outlet=article.outlet,
        url=article.url,
        at=rows[0].matched_at,
        score=match.score,
        why=say_why(match),
        fate=fate,
        told=tuple(told),
        mark=mark.verdict if mark is not None else None,
        articles=len(rows),
    )


def _page_text(tx: Transaction, stored: StoredArticle) -> str:
    text = page_texts(tx.connection, [stored.article.id]).get(stored.article.id, "")
    return complete(stored.article.text, text) if text else ""


def _told(keys: set[int], known: _Known) -> list[ToldOn]:
    records = [one for key in sorted(keys) for one in known.told.get(key, ())]
    return [
        ToldOn(
            one.channel,
            one.told_at,
            one.reason.startswith("update"),
            (one.digest_id, one.channel) in known.delivered,
            one.reason,
        )
        for one in sorted(records, key=lambda one: (one.told_at, one.channel), reverse=True)
        if not one.reason.startswith(SPLIT_REASON)
    ]


def _fate(
    tx: Transaction,
    topic: Topic,
    story: StoryId,
    stored: StoredArticle,
    rows: Sequence[MatchLine],
    told: Sequence[ToldOn],
    keys: set[int],
    known: _Known,
) -> Fate:
    if told:
        where = ", ".join(sorted({one.channel for one in told}))
        words = f"on {where}" if any(one.is_delivered for one in told) else f"in line for {where}, not delivered yet"
        return Fate(FateKind.TOLD, words, told[-1].at)
    if all(row.silent for row in rows):
        return Fate(FateKind.SILENT, "it was there already when the feed or the topic was first read")
    if any(row.digest_id is None and not row.silent for row in rows):
        mutes = [
            mute_of(known.mutes, topic=topic.key, channel=name, story=story, article=stored.article)
            for name in topic.channels
        ]
        mute = next((one for one in mutes if one is not None), None)
        if mute is not None and all(one is not None for one in mutes):
            return Fate(FateKind.MUTED, f"by {mute.by}{f': {mute.reason}' if mute.reason else ''}", mute.until)
        if known.state is None or known.state.next_due_at is None:
            return Fate(FateKind.WAITS, "for the topic's next digest")
        return Fate(FateKind.WAITS, "for the digest of", max(known.now, known.state.next_due_at))
    held = tx.topic_views.latest_held(topic.key, keys)
    if held is not None:
        return Fate(FateKind.HELD, _local(held.reason, topic), held.digest.closed_at)
    return Fate(FateKind.HELD, "taken by a digest that told nothing of it")


def _local(reason: str, topic: Topic) -> str:
    """A reason as it was written down, its times in the topic's zone."""
    zone = ZoneInfo(topic.schedule.timezone)

    def local(found: re.Match[str]) -> str:
        try:
            at = datetime.strptime(f"{found[1]} {found[2]}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        except ValueError:
            return found[0]
        return f"{at.astimezone(zone):%d %b %H:%M}"

    return _RECORDED.sub(local, reason)
