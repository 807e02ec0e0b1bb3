"""What a topic would find at each level, over the newest articles that may answer it: what would come, what would go.

Judged by words and by what marks taught; meaning is not asked, so that the levels are compared by one measure.

Effects: database.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from monitor.model import ArticleId, Level, StoryId, Watchlist
from monitor.storage.looking import candidates_down
from monitor.storage.search import read_articles
from monitor.storage.store import Transaction
from monitor.topics.match import CompiledTopic, CompiledWatchlist, answered_places
from monitor.topics.meaning import Lexicon

DAYS = 30
JUDGED_MAX = 3_000
"""Articles judged, the newest: about as many as a second allows."""
SHOWN = 30
"""Stories of each list that are shown."""
LEVELS = (Level.STRICT, Level.BALANCED, Level.BROAD)


class Headline(Struct, frozen=True):
    """A story by the newest of its articles that decides."""

    story_id: StoryId
    article_id: ArticleId
    title: str
    url: str
    outlet: str
    at: datetime | None


class AtLevel(Struct, frozen=True):
    """What the topic would find at one level."""

    level: Level
    stories: int
    coming: int
    """Stories that it would find and does not find now."""
    going: int
    """Stories that it finds now and would not find."""
    comes: tuple[Headline, ...]
    """The newest of them."""
    goes: tuple[Headline, ...]


class Levels(Struct, frozen=True):
    """All three levels beside each other."""

    now: Level
    levels: tuple[AtLevel, ...]
    judged: int
    since: datetime
    """How far back it was looked."""
    is_cut: bool
    """Whether that is less than 30 days, because there was too much to look at."""

    def of(self, level: Level) -> AtLevel:
        """One of them."""
        return next(one for one in self.levels if one.level is level)


def read_levels(
    tx: Transaction, compiled: CompiledTopic, lexicon: Lexicon, now: datetime, is_over: Callable[[], bool]
) -> Levels:
    """The three levels of a name; `compiled` is the topic as it is in force. The newest articles are judged first, and
    no more of them once it is over.
    """
    topics = tuple(replace(compiled, topic=replace(compiled.topic, level=level)) for level in LEVELS)
    watchlist = CompiledWatchlist(Watchlist(tuple(one.topic for one in topics)), topics, lexicon)
    since = now - timedelta(days=DAYS)
    found: list[dict[ArticleId, datetime | None]] = [{} for _ in LEVELS]
    judged, last, is_cut = 0, None, False
    for some in candidates_down(tx, watchlist, first=tx.topic_views.first_since(since)):
        for article in read_articles(tx, some.ids):
            judged += 1
            last = article.seen_at or last
            for place in answered_places(watchlist, article):
                found[place][article.id] = article.seen_at
        if is_over() or judged >= JUDGED_MAX:
            is_cut = True
            break
    stories = tx.topic_views.stories_of(sorted({number for one in found for number in one}))
    here = [_newest(one, stories) for one in found]
    own = here[LEVELS.index(compiled.topic.level)]
    at_levels = []
    for level, mine in zip(LEVELS, here, strict=True):
        coming = [number for story, number in mine.items() if story not in own]
        going = [number for story, number in own.items() if story not in mine]
        at_levels.append(AtLevel(level, len(mine), len(coming), len(going), _show(tx, coming), _show(tx, going)))
    return Levels(compiled.topic.level, tuple(at_levels), judged, (last or since) if is_cut else since, is_cut)


def _newest(
    found: Mapping[ArticleId, datetime | None], stories: Mapping[ArticleId, StoryId]
) -> dict[StoryId, ArticleId]:
    """Each story by the newest of these articles, the newest first."""
    newest: dict[StoryId, ArticleId] = {}
    for number in sorted(found, reverse=True):
        if number in stories:
            newest.setdefault(stories[number], number)
    return newest


def _show(tx: Transaction, numbers: list[ArticleId]) -> tuple[Headline, ...]:
    shown = numbers[:SHOWN]
    stored = tx.articles.by_ids(shown)
    return tuple(
        Headline(one.story_id, number, one.article.title, one.article.url, one.article.outlet, one.article.seen_at)
        for number in shown
        if (one := stored.get(number)) is not None
    )
