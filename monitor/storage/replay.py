"""The stored articles of a time, read once more as they were judged when they came: the oldest first, few at a time.

The index of words says which topics an article may answer; what it does not hold yet may answer any.

Effects: database.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from monitor.feeds.fulltext import complete
from monitor.model import Article, ArticleId, PageState, StoryId
from monitor.model.ids import NO_FEED
from monitor.storage.articles import TAG_BREAK
from monitor.storage.pages import page_texts
from monitor.storage.rows import portions
from monitor.storage.store import Transaction
from monitor.storage.tables import ARTICLE, FEED, PAGE
from monitor.topics.match import CompiledTopic
from monitor.topics.wanted import ask_for_topic, one_of

READ_AT_ONCE = 500
"""Articles read together, with their pages: some megabytes."""
_ROWS: sa.Select[Any] = sa.select(
    ARTICLE.c.id, ARTICLE.c.title, ARTICLE.c.text, ARTICLE.c.url, ARTICLE.c.source, ARTICLE.c.language,
    ARTICLE.c.author, ARTICLE.c.tags, ARTICLE.c.first_seen_at, ARTICLE.c.story_id, ARTICLE.c.standing, FEED.c.name,
).select_from(sa.outerjoin(ARTICLE, FEED, ARTICLE.c.feed_id == FEED.c.id))  # fmt: skip


class Replayed(Struct, frozen=True):
    """A stored article as it is judged."""

    fed: Article
    """As its feed gave it: what was judged first."""
    whole: Article | None
    """With its page's text, where that was read and is what the index holds."""
    story_id: StoryId
    at: datetime
    """When it was first seen."""
    is_silent: bool
    """Whether it was kept without being told: as part of a feed's first reading, or old news."""


def find_since(tx: Transaction, since: datetime, limit: int | None = None) -> list[ArticleId]:
    """Every article first seen since then, the oldest first; with a limit, the newest of them."""
    question = sa.select(ARTICLE.c.id).where(ARTICLE.c.first_seen_at >= since)
    newest = question.order_by(ARTICLE.c.first_seen_at.desc(), ARTICLE.c.id.desc()).limit(limit)
    return [ArticleId(one) for one in tx.connection.execute(newest).scalars()][::-1]


def find_asked(
    tx: Transaction,
    topics: Sequence[CompiledTopic],
    together: Sequence[Sequence[int]],
    first: ArticleId,
    limit: int | None = None,
) -> tuple[dict[ArticleId, int], int]:
    """By article the topics it may answer, as bits by their place; and those that any article may answer.

    An article that is not named may answer the latter alone. Places that stand `together`, as a topic before and after
    an edit, are asked for in one question. Articles before the `first` are not looked for; with a limit only so many
    of the newest are, by each question.
    """
    every = (1 << len(topics)) - 1
    languages = tx.words.languages()
    if languages is None:
        return {}, every
    newest = tx.connection.execute(sa.select(sa.func.max(ARTICLE.c.id))).scalar() or first
    lacking_after = ArticleId((first if limit is None else max(first, newest - limit)) - 1)
    found = dict.fromkeys(tx.words.missing(after=lacking_after), every)
    always = 0
    for places in together:
        wanted = one_of(ask_for_topic(topics[place], languages) for place in places)
        bits = sum(1 << place for place in places)
        if wanted is None:
            always |= bits
            continue
        if limit is None:
            holding = tx.words.find(wanted, first)
        else:
            holding = tx.words.find_newest(wanted, ArticleId(newest + 1), first, limit)
        for one in holding:
            found[one] = found.get(one, 0) | bits
    return found, always


def find_paged(tx: Transaction, first: ArticleId, limit: int | None = None) -> set[ArticleId]:
    """The articles from the first on whose pages were read; with a limit the newest of them.

    What such a one answered by its feed's text alone, its index may not say.
    """
    got = sa.and_(PAGE.c.article_id >= first, PAGE.c.state == PageState.GOT.value, PAGE.c.text != "")
    question = sa.select(PAGE.c.article_id).where(got)
    if limit is not None:
        question = question.order_by(PAGE.c.article_id.desc()).limit(limit)
    return {ArticleId(one) for one in tx.connection.execute(question).scalars()}


def read_replayed(tx: Transaction, ids: Sequence[ArticleId]) -> Iterator[Replayed]:
    """These articles, as far as they are kept, in this order."""
    for some in portions(ids, READ_AT_ONCE):
        pages = page_texts(tx.connection, some)
        rows = {row[0]: row for row in tx.connection.execute(_ROWS.where(ARTICLE.c.id.in_(some)))}
        for one in some:
            if (row := rows.get(one)) is not None:
                yield _to_replayed(row, pages.get(one, ""))


def _to_replayed(row: Any, page: str) -> Replayed:
    # By its place: looking up twelve names of every row takes as long as judging it.
    number, title, text, url, source, language, author, tags, at, story_id, standing, feed = row
    fed = Article(
        ArticleId(number), title, text, url, NO_FEED, feed or "", source, language, author,
        tuple(tags.split(TAG_BREAK)) if tags else (), None, at,
    )  # fmt: skip
    whole = replace(fed, text=complete(text, page)) if page else None
    return Replayed(fed, whole, StoryId(story_id), at, standing != "new")
