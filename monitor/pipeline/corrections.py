"""Corrections of stories by hand: merge two that are one, split one that is two. Neither ever tells anything.

Effects: database.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from monitor.errors import MonitorError
from monitor.model import ArticleId, StoryId
from monitor.storage.corrections import StoryChange
from monitor.storage.store import Store, Transaction
from monitor.stories.split import Split, plan_split
from monitor.text import plain_line, plural, shorten

NAME_CHARS_MAX = 100
"""Of who corrected."""
REASON_CHARS_MAX = 500
NAMED_SHOWN = 5
"""Articles named in an error: more are not read."""


class Corrected(Struct, frozen=True):
    """What came of a correction."""

    change: StoryChange
    articles: int
    """What the story that stayed has now, articles past the retention among them."""
    along: tuple[ArticleId, ...] = ()
    """Copies that were not named and went with their text."""


def merge_stories(store: Store, one: StoryId, other: StoryId, *, by: str, reason: str, now: datetime) -> Corrected:
    """Make one story of two, in one transaction; the older one's id stays, whichever is named first.

    A story that was merged before stands for the one it is in now. Both keep what was told of them, so nothing of
    either is told again. Raises MonitorError for a story that is not there, or where the two are one already.
    """
    with store.write() as tx:
        tx.corrections.hold()
        first, second = _find(tx, one), _find(tx, other)
        if one == other:
            raise MonitorError(f"a story cannot be merged with itself ({one})", remedy="Name two stories.")
        if first == second:
            raise MonitorError(f"{one} and {other} are one story already: {first}", remedy=_see(first))
        change = tx.corrections.merge(first, second, at=now, by=_named(by), reason=_reason(reason))
        return Corrected(change, _count(tx, change.story_id))


def split_story(
    store: Store, wanted: StoryId, articles: Sequence[ArticleId], *, by: str, reason: str, now: datetime
) -> Corrected:
    """Give articles of a story a story of their own, in one transaction.

    The first article of a text takes its copies along; a copy may also go alone. The part that holds the story's first
    article keeps its id. Every channel that was told the story counts as told of both parts, so nothing is told by it.
    Raises MonitorError for a story that is not there, an article that is not in it, or all of its articles.
    """
    with store.write() as tx:
        tx.corrections.hold()
        story_id = _find(tx, wanted)
        members = tx.corrections.members(story_id)
        strangers = sorted(set(articles) - {member.id for member in members})
        if strangers or not articles:
            raise _not_in_it(tx, story_id, strangers)
        plan = plan_split(story_id, members, set(articles))
        if plan is None:
            also = "" if len(set(articles)) == len(members) else ", with the copies that go with them"
            raise MonitorError(
                f"these are all {plural(len(members), 'article')} of story {story_id}{also}",
                remedy=f"Leave at least one text in it. {_see(story_id)}",
            )
        change = tx.corrections.split(story_id, plan, at=now, by=_named(by), reason=_reason(reason))
        return Corrected(change, _count(tx, story_id), _along(plan, change))


def _along(plan: Split, change: StoryChange) -> tuple[ArticleId, ...]:
    return plan.along if set(plan.along) <= set(change.articles) else ()


def _find(tx: Transaction, wanted: StoryId) -> StoryId:
    found = tx.corrections.resolve(wanted)
    if found is not None:
        return found
    around = tx.corrections.story_of(ArticleId(wanted))
    remedy = "See: monitor stories list" if around is None else f"Article {wanted} stands in story {around}."
    raise MonitorError(f"there is no story {wanted}", remedy=remedy)


def _not_in_it(tx: Transaction, story_id: StoryId, strangers: Sequence[ArticleId]) -> MonitorError:
    if not strangers:
        return MonitorError("no article is named", remedy=_see(story_id))
    parts = []
    for number in strangers[:NAMED_SHOWN]:
        elsewhere = tx.corrections.story_of(number)
        parts.append(f"{number} (it {'is not kept' if elsewhere is None else f'stands in story {elsewhere}'})")
    more = f" and {len(strangers) - NAMED_SHOWN} more" if len(strangers) > NAMED_SHOWN else ""
    return MonitorError(f"story {story_id} has no article {', '.join(parts)}{more}", remedy=_see(story_id))


def _see(story_id: StoryId) -> str:
    return f"See: monitor stories show {story_id}"


def _count(tx: Transaction, story_id: StoryId) -> int:
    story = tx.stories.get(story_id)
    return story.article_count if story is not None else 0


def _named(by: str) -> str:
    return shorten(plain_line(by), NAME_CHARS_MAX)


def _reason(reason: str) -> str:
    return shorten(plain_line(reason), REASON_CHARS_MAX)
