"""Keep an article as an example of a topic, where the topic answers it as it must.

Effects: database, reads and writes files.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from monitor.config.edit import NoteEdit
from monitor.config.edit_examples import SIDES, Choice, choose_example, keep_example
from monitor.config.load import Loaded
from monitor.config.values import near_miss, shown
from monitor.errors import ConfigError, MonitorError
from monitor.feeds.fulltext import complete
from monitor.model import Article, ArticleId, NoMatch, Topic, TopicKey
from monitor.storage.store import Store
from monitor.text import plain_line, plural
from monitor.topics.explain import explain
from monitor.views.widening import SUGGEST_DAYS, how_to_use, terms_that_find


class KeptExample(Struct, frozen=True):
    """Where an article stands as an example now."""

    topic: TopicKey
    side: str
    text: str
    """As it stands in the file."""
    line: int
    is_new: bool
    """False where it stood there before."""


def keep_article(
    store: Store,
    loaded: Loaded,
    article_id: ArticleId,
    topic: str,
    side: str,
    noting: Callable[[str], NoteEdit],
    now: datetime,
) -> KeptExample:
    """Write it at the end of the topic's list; `noting` is given what the edit is, in words.

    Raises MonitorError, and writes nothing, where there is no such article, topic or list, and where the topic answers
    it otherwise: that says why, which terms would help, and the line to write by hand.
    """
    if side not in SIDES:
        near = near_miss(side, list(SIDES))
        raise ConfigError(f"{shown(side)} is no list of examples", remedy=near or f"It is {SIDES[0]} or {SIDES[1]}.")
    found = next((one for one in loaded.watchlist.topics if one.key == topic), None)
    if found is None:
        near = near_miss(topic, [str(one.key) for one in loaded.watchlist.topics])
        raise ConfigError(f"no topic {shown(topic)} is watched", remedy=near or "See the topics in watchlist.toml.")
    article = _article(store, article_id)
    choice = choose_example(loaded.compiled, found.key, side, article)
    if not choice.holds:
        raise _otherwise(choice, side, found, article, _help_words(store, loaded, choice, found, article, now))
    note = noting(f"{side} of {found.key}: {plain_line(article.title)}")
    lexicon = loaded.compiled.lexicon
    kept = keep_example(loaded.folder, found.key, side, choice.written, lexicon, address=article.url, noting=note)
    return KeptExample(found.key, side, choice.text, kept.line, kept.is_new)


def _article(store: Store, article_id: ArticleId) -> Article:
    with store.read() as tx:
        stored = tx.articles.by_ids([article_id]).get(article_id)
        page = tx.pages.of_article(article_id) if stored is not None else None
    if stored is None:
        raise MonitorError(f"no article {article_id} is in the archive", remedy="Ask for another one.")
    article = stored.article
    return replace(article, text=complete(article.text, page.text)) if page is not None and page.text else article


def _help_words(store: Store, loaded: Loaded, choice: Choice, topic: Topic, article: Article, now: datetime) -> str:
    """What would make the topic answer as it must."""
    if not isinstance(choice.judged, NoMatch):
        return "Narrow the query, or say in `exclude` what is not meant."
    if choice.judged.is_excluded:
        return "Narrow `exclude` first."
    terms = terms_that_find(store, loaded, topic, article, now)
    if not terms:
        return f"No term that the archive suggests would find it; its own words, {how_to_use(topic)}, will."
    named = "; ".join(f"{one.text} (+{plural(one.more, 'article')} in {SUGGEST_DAYS} days)" for one in terms)
    return f"Each of these terms, {how_to_use(topic)}, would find it: {named}."


def _otherwise(choice: Choice, side: str, topic: Topic, article: Article, help_words: str) -> ConfigError:
    """Why it does not hold, what would help, and the line to write by hand."""
    answer = "does not find" if side == "must_match" else "finds"
    return ConfigError(
        f"{topic.key} {answer} “{plain_line(article.title)}” as it is; nothing was written",
        where=topic.place,
        remedy=f"{plain_line(explain(choice.judged))} {help_words} "
        f"Or edit both in one go: this goes into `{side}`: {choice.text}",
    )
