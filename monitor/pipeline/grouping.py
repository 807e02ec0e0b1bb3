"""The story of each new article of a batch, among all that may tell of the same.

Effects: database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import Article, ArticleId, Relation, StoryChoice, StoryId
from monitor.storage.articles import StoredArticle
from monitor.storage.store import Transaction
from monitor.storage.stories import StoryGrowth
from monitor.stories.group import COPY_WINDOW_S, Grouper, StoredPrint
from monitor.stories.identity import Standing
from monitor.stories.similarity import Fingerprint, fingerprint
from monitor.urls import publisher_of

_ALONE = StoryChoice(Relation.NEW, None, None, "")


@dataclass(slots=True)
class NewArticle:
    """An entry that became an article in this batch."""

    article: Article
    silent: bool
    standing: Standing
    print_: Fingerprint | None
    """What it is compared by; None where nothing is grouped."""
    content_key: int
    stored: StoredArticle | None = None
    """The article with its story, once that is known."""


def _time_of(article: Article, now: datetime) -> datetime:
    """The article's time for grouping: what the feed says, but never the future."""
    return min(article.published_at or now, now)


def assign_stories(tx: Transaction, new: Sequence[NewArticle], now: datetime) -> None:
    """Set `stored` of each, in the order they came, and write the stories that begin or grow."""
    grouper = Grouper()
    prints = [item.print_ for item in new if item.print_ is not None]
    for seen in tx.stories.candidates(prints, now - timedelta(seconds=COPY_WINDOW_S)):
        grouper.add(
            StoredPrint(
                article_id=seen.id,
                story_id=seen.story_id,
                feed_id=seen.feed_id,
                at=seen.at,
                publisher=publisher_of(seen.url, seen.outlet),
                fingerprint=fingerprint(seen.title, seen.text, seen.url),
                text_id=seen.text_id,
            )
        )
    growths: dict[StoryId, StoryGrowth] = {}
    for item in new:
        at = _time_of(item.article, now)
        choice = grouper.assign(item.article, item.print_, at) if item.print_ is not None else _ALONE
        story_id = choice.story_id if choice.story_id is not None else StoryId(item.article.id)
        item.stored = StoredArticle(
            article=item.article,
            standing=item.standing.value,
            content_key=item.content_key,
            story_id=story_id,
            relation=choice.relation,
            copy_of=choice.of,
            evidence="" if choice.relation is Relation.NEW else choice.evidence,
            text_id=choice.text_id,
            quiet=choice.quiet,
        )
        if item.print_ is not None:
            grouper.add(_stored_print(item.article, story_id, item.print_, at, choice.text_id or item.article.id))
        grown = growths.get(story_id)
        if grown is None:
            growths[story_id] = StoryGrowth(story_id, now, 1, is_new=choice.story_id is None)
        else:
            growths[story_id] = replace(grown, articles=grown.articles + 1)
    tx.stories.grow(list(growths.values()))


def _stored_print(
    article: Article, story_id: StoryId, print_: Fingerprint, at: datetime, text_id: ArticleId
) -> StoredPrint:
    return StoredPrint(
        article_id=article.id,
        story_id=story_id,
        feed_id=article.feed_id,
        at=at,
        publisher=publisher_of(article.url, article.outlet),
        fingerprint=print_,
        text_id=text_id,
    )
