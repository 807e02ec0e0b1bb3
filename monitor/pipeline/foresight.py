"""What a topic would have told over the stored articles: said before anybody is told anything by it.

Effects: database.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from monitor.channels.asked import AnswerLine
from monitor.channels.wording import clean_title
from monitor.model import Article, StoryId
from monitor.storage.outlook import DAYS_MIN, period
from monitor.storage.search import candidates, compile_by_archive, judge
from monitor.storage.store import Store
from monitor.text import plural
from monitor.topics.match import CompiledWatchlist

JUDGED_MAX = 2_000
"""The newest that may answer: judged in about a second, while somebody waits for the answer."""
EXAMPLES_MAX = 5


class Foresight(Struct, frozen=True):
    """What a topic would have come to."""

    stories: int
    articles: int
    days: float
    """The time that was looked at; never more than the archive has."""
    examples: tuple[Article, ...]
    """The newest article of the newest stories."""

    @property
    def per_day(self) -> float | None:
        """Stories a day; None where the archive is too young to say."""
        return self.stories / self.days if self.days >= DAYS_MIN else None


def foresee(store: Store, compiled: CompiledWatchlist, now: datetime) -> Foresight:
    """What the one topic of a watchlist would have told over the last days."""
    weighed = compile_by_archive(store, compiled)
    with store.read() as tx:
        since, days = period(tx, now)
        ids = candidates(tx, weighed, since)
        if len(ids) > JUDGED_MAX:  # so many a day that a part of the time says it as well
            ids = ids[:JUDGED_MAX]
            since = tx.articles.by_ids(ids[-1:])[ids[-1]].article.seen_at or since
            days = (now - since) / timedelta(days=1)
        found = [hit.article for hit in judge(tx, weighed, ids)]
        stored = tx.articles.by_ids(article.id for article in found)
    newest: dict[StoryId, Article] = {}
    for article in found:
        newest.setdefault(stored[article.id].story_id, article)
    return Foresight(len(newest), len(found), max(0.0, days), tuple(newest.values())[:EXAMPLES_MAX])


def foresight_lines(foresight: Foresight) -> tuple[AnswerLine, ...]:
    """The same in words, with examples."""
    if not foresight.stories:
        when = f"the last {foresight.days:.0f} days" if foresight.days >= 2 else "the stored articles"
        return (AnswerLine(f"Over {when} it would have told nothing."),)
    counted = f"{plural(foresight.stories, 'story', 'stories')} of {plural(foresight.articles, 'article')}"
    if foresight.per_day is None:
        said = f"Over the stored articles, which are of a few hours, it would have told {counted}. Such as:"
    else:
        rate = f"{foresight.per_day:,.0f}" if foresight.per_day >= 1 else "less than one"
        unit = "story" if rate in ("1", "less than one") else "stories"
        said = (
            f"Over the last {_days(foresight.days)} it would have told about {rate} {unit} a day ({counted}). Such as:"
        )
    examples = (AnswerLine(clean_title(one.title), one.url or "", one.outlet) for one in foresight.examples)
    return (AnswerLine(said), *examples)


def _days(days: float) -> str:
    return f"{days * 24:.0f} hours" if days < 2 else f"{days:.0f} days"
