"""The stories in order, a page at a time: those that answer a topic, those told, those not told, or all.

Effects: database.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from monitor.dossier import Outline, outline_of
from monitor.errors import MonitorError
from monitor.model import ArticleId, ChannelName, StoryId, TopicKey
from monitor.storage.store import Store, Transaction
from monitor.text import plain_line

ARTICLES_MAX = 100
"""Articles of a story that are looked at for its line: beyond, its counts of publishers are "at least"."""
PORTION = 500
ROUNDS_MAX = 10
"""Portions looked through for one page: a page may be short where nearly all were told, and goes on behind."""


class Show(StrEnum):
    """Which stories."""

    MATCHED = "matched"
    """That answer a topic."""
    TOLD = "told"
    UNTOLD = "untold"
    """That answer a topic and were told to nobody."""
    ALL = "all"


class StoryLine(Struct, frozen=True):
    """A story in a list."""

    outline: Outline
    told_on: tuple[ChannelName, ...]
    is_partly_read: bool
    """Whether it has more articles than were looked at."""


class StoryList(Struct, frozen=True):
    """One page of stories."""

    lines: tuple[StoryLine, ...]
    next: str | None
    """What to ask with for the page behind; None at the end."""


class _Found(Struct, frozen=True):
    ids: list[StoryId]
    next: str | None


def list_page(store: Store, show: Show, topic: TopicKey | None, after: str | None, limit: int) -> StoryList:
    """One page of stories, the newest first. Raises MonitorError for an `after` that is none of ours."""
    with store.read() as tx:
        if show is Show.TOLD:
            found = _told(tx, topic, after, limit)
        elif show is Show.ALL and topic is None:
            found = _all(tx, after, limit)
        else:
            found = _matched(tx, topic, after, limit, untold=show is Show.UNTOLD)
        return StoryList(tuple(lines_of(tx, found.ids)), found.next)


def lines_of(tx: Transaction, ids: Sequence[StoryId]) -> list[StoryLine]:
    """These stories as lines, in this order; one that is gone is left out."""
    stories = tx.story_lists.get(ids)
    topics = tx.story_views.topics_of(list(stories))
    told = tx.story_lists.told_on(list(stories))
    lines = []
    for number in ids:
        if number in stories:
            members = tx.story_lists.members(number, ARTICLES_MAX)
            outline = outline_of(tx, stories[number], members, topics.get(number, {}), with_tellings=False)
            more = stories[number].article_count > len(members) and len(members) == ARTICLES_MAX
            lines.append(StoryLine(outline, tuple(told.get(number, ())), more))
    return lines


def _all(tx: Transaction, after: str | None, limit: int) -> _Found:
    stories = tx.story_lists.newest(_moment(after), limit + 1)
    more = len(stories) > limit
    shown = stories[:limit]
    return _Found([one.id for one in shown], _at(shown[-1].last_article_at, shown[-1].id) if more else None)


def _matched(tx: Transaction, topic: TopicKey | None, after: str | None, limit: int, *, untold: bool) -> _Found:
    """Along the matches, newest first; each story where its newest match stands."""
    before = None if after is None else ArticleId(_number(after))
    ids: list[StoryId] = []
    for _ in range(ROUNDS_MAX):
        rows = tx.story_lists.matched(topic, before, PORTION)
        if len(rows) == PORTION:  # the last article may go on: it is read again, whole
            rows = [row for row in rows if row.article_id != rows[-1].article_id] or rows
        last = tx.story_lists.last_matched({row.story_id for row in rows}, topic)
        told = tx.story_lists.told_on(list(last)) if untold else {}
        for row in rows:
            if last.get(row.story_id) != row.article_id or row.story_id in told or row.story_id in ids:
                continue
            if len(ids) == limit:
                return _Found(ids, str(before))
            ids.append(row.story_id)
            before = row.article_id
        if len(rows) < PORTION // 2:
            return _Found(ids, None)
        before = rows[-1].article_id
    return _Found(ids, str(before))


def _told(tx: Transaction, topic: TopicKey | None, after: str | None, limit: int) -> _Found:
    """Along the sent log, latest first; each story where it was told last."""
    before = _moment(after)
    ids: list[StoryId] = []
    for _ in range(ROUNDS_MAX):
        rows = tx.story_lists.told(topic, before, PORTION)
        last = tx.story_lists.last_told({row.key for row in rows}) if topic is None else {}
        now_in = tx.story_lists.stories_of({row.key for row in rows})
        for row in rows:
            story_id = now_in.get(row.key, row.key)
            if story_id in ids or (row.key in last and last[row.key] != row.told_at):
                continue
            if len(ids) == limit:
                return _Found(ids, _at(*before) if before is not None else None)
            ids.append(story_id)
            before = row.told_at, row.key
        if len(rows) < PORTION:
            return _Found(ids, None)
        before = rows[-1].told_at, rows[-1].key
    return _Found(ids, _at(*before) if before is not None else None)


def _at(at: datetime, number: int) -> str:
    return f"{at.isoformat()}~{number}"


def _moment(after: str | None) -> tuple[datetime, int] | None:
    if after is None:
        return None
    time, _, number = after.partition("~")
    try:
        at = datetime.fromisoformat(time)
        if at.tzinfo is None:
            raise _unknown(after)
        return at.astimezone(UTC), _number(number)
    except (ValueError, OverflowError) as error:
        raise _unknown(after) from error


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise _unknown(text)
    return int(text)


def _unknown(after: str) -> MonitorError:
    return MonitorError(
        f"{plain_line(after)[:40]!r} is no place in this list", remedy="Give `next` of the page before, or nothing."
    )
