"""The stored articles that topics may answer, in the order in which they came: all of a time, or the newest of it.

Effects: database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from monitor.model import ArticleId
from monitor.storage.replay import find_asked, find_paged, find_since
from monitor.storage.rows import portions
from monitor.storage.store import Transaction
from monitor.storage.tables import ARTICLE
from monitor.topics.match import CompiledTopic

AT_ONCE = 500


class Candidates(Struct, frozen=True):
    """Articles that may answer."""

    ids: Sequence[ArticleId]
    """The oldest first."""
    asked: Mapping[ArticleId, int]
    """By article the topics it may answer, as bits by their place."""
    always: int
    """The topics that any article may answer."""
    articles: int
    """Of the time that is looked at, whether they may answer or not."""
    since: datetime | None
    """When the first article of that time was seen; None where there is none."""
    is_cut: bool = False
    """Whether the time is shorter than it was asked for."""


def find_candidates(
    tx: Transaction,
    topics: Sequence[CompiledTopic],
    together: Sequence[Sequence[int]],
    since: datetime,
    limit: int | None = None,
) -> Candidates:
    """Those of the articles first seen since then; with a limit the newest, looked for by index alone.

    With a limit an article that the index of words lacks is looked for among as many of the newest only.
    """
    if not topics:
        # Nothing is looked for: the time is counted, not read, a third of a million articles in a month.
        return _counted(tx, Candidates((), {}, 0, 0, None), since)
    if limit is None:
        ids = find_since(tx, since)
        if not ids:
            return Candidates((), {}, 0, 0, None)
        asked, always = find_asked(tx, topics, together, min(ids))
        paged = find_paged(tx, min(ids))
        chosen = [one for one in ids if always or one in asked or one in paged]
        return Candidates(chosen, asked, always, len(ids), _seen(tx, ids[0]))
    first = _first_since(tx, since)
    if first is None:
        return Candidates((), {}, 0, 0, None)
    asked, always = find_asked(tx, topics, together, first, limit)
    if always:
        chosen = find_since(tx, since, limit)
        is_cut = len(chosen) == limit
    else:
        may = {*asked, *find_paged(tx, first, limit)}
        newest = sorted(may, reverse=True)[:limit]
        is_cut = len(newest) == limit
        chosen = _in_order(tx, newest, since)
    found = Candidates(chosen, asked, always, 0, None, is_cut)
    return _counted(tx, found, _seen(tx, chosen[0]) if is_cut and chosen else since)


def newest_of(tx: Transaction, found: Candidates, count: int) -> Candidates:
    """The newest of these alone."""
    if count >= len(found.ids):
        return found
    kept = found.ids[len(found.ids) - count :]
    return _counted(tx, replace(found, ids=kept, is_cut=True), _seen(tx, kept[0]) if kept else found.since)


def _counted(tx: Transaction, found: Candidates, since: datetime | None) -> Candidates:
    if since is None:
        return found
    since_then = sa.select(sa.func.count()).select_from(ARTICLE).where(ARTICLE.c.first_seen_at >= since)
    articles = tx.connection.execute(since_then).scalar_one()
    first = _first_since(tx, since)
    return replace(found, articles=articles, since=_seen(tx, first) if first is not None else None)


def _first_since(tx: Transaction, since: datetime) -> ArticleId | None:
    """The article that was seen first since then; numbers are given in the order of time."""
    question = sa.select(ARTICLE.c.id).where(ARTICLE.c.first_seen_at >= since)
    found = tx.connection.execute(question.order_by(ARTICLE.c.first_seen_at, ARTICLE.c.id).limit(1)).scalar()
    return None if found is None else ArticleId(found)


def _seen(tx: Transaction, article: ArticleId) -> datetime | None:
    found: datetime | None = tx.connection.execute(
        sa.select(ARTICLE.c.first_seen_at).where(ARTICLE.c.id == article)
    ).scalar()
    return found


def _in_order(tx: Transaction, ids: Sequence[ArticleId], since: datetime) -> list[ArticleId]:
    rows: list[tuple[datetime, int]] = []
    for some in portions(ids, AT_ONCE):
        question = sa.select(ARTICLE.c.first_seen_at, ARTICLE.c.id)
        found = tx.connection.execute(question.where(ARTICLE.c.id.in_(some), ARTICLE.c.first_seen_at >= since))
        rows += [(at, number) for at, number in found]
    return [ArticleId(number) for _, number in sorted(rows)]
