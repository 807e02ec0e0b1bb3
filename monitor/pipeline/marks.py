"""Readers' marks: made on articles of the archive, and what the topics in force learned from them.

Effects: database.
"""

from datetime import datetime
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import replace

from monitor.errors import MonitorError
from monitor.feeds.fulltext import complete
from monitor.model import Article, LearnedWord, TopicKey, TopicMark, Verdict
from monitor.pipeline.by_address import find_ids
from monitor.storage.marks import Markable
from monitor.storage.store import Store, Transaction
from monitor.text import plain_line, shorten
from monitor.topics.feedback import MARKS_MAX, choose_words, learn_words
from monitor.topics.index import told_language
from monitor.topics.match import CompiledTopic, CompiledWatchlist, with_learned
from monitor.topics.meaning import Lexicon
from monitor.words import stemmed_language, words

NAME_CHARS_MAX = 100
"""Of who marked."""
NOTE_CHARS_MAX = 500
BACKGROUND_ARTICLES = 200
"""Newest articles that say which words are common in this archive: read in a quarter of a second."""
BACKGROUND_READ = 1000
"""Newest articles looked through for those in one language: some megabytes."""
BACKGROUND_LEAST = 50
"""Articles of a language from which on they say what is common in it: a word of every second one is in 20 of them."""
COMMON_SHARE = 0.1
"""A word in more of them is common."""
COMMON_LEAST = 5
"""And in more than so many: of a handful of articles nothing can be said."""
NEAR_SHOWN = 3
"""Articles named where the one that was meant is not there."""
NEAR_READ = 500
"""Newest matches among which they are looked for."""


class Marked(Struct, frozen=True):
    """What came of a mark."""

    mark: TopicMark
    """As it stands now."""
    before: TopicMark | None
    """As it stood before."""
    did_match: bool
    """Whether the article answered the topic when it came."""


class Background(Struct, frozen=True):
    """What the newest articles of one language say."""

    articles: int
    common: frozenset[str]
    """The words that many of them hold."""


def read_background(tx: Transaction, language: str | None) -> Background:
    """The words that are common in the newest articles that are read like this language."""
    wanted = stemmed_language(language)
    counts: dict[str, int] = {}
    read = 0
    for article in tx.marks.newest_articles(BACKGROUND_READ):
        if read < BACKGROUND_ARTICLES and stemmed_language(told_language(article)) == wanted:
            read += 1
            for word in {*words(article.title), *words(article.text)}:
                counts[word] = counts.get(word, 0) + 1
    least = max(COMMON_LEAST, COMMON_SHARE * read)
    return Background(read, frozenset(word for word, count in counts.items() if count > least))


def mark_article(
    store: Store,
    lexicon: Lexicon,
    wanted: str,
    topic: TopicKey,
    verdict: Verdict,
    *,
    by: str = "",
    note: str = "",
    now: datetime,
) -> Marked:
    """Mark the article with this id or address under a topic, in place of an earlier mark; the same again is no change.

    An article that did not match may be marked too. Raises MonitorError, naming what is near, where there is none.
    """
    with store.read() as tx:
        article = _find_article(tx, wanted, topic)
        kept = choose_words(article, lexicon.idf, read_background(tx, told_language(article)).common)
        did_match = any(stored.match.topic == topic for stored in tx.matches.of_article(article.id))
    mark = TopicMark(
        topic=topic,
        article_id=article.id,
        verdict=verdict,
        at=now,
        by=shorten(plain_line(by), NAME_CHARS_MAX),
        note=shorten(plain_line(note), NOTE_CHARS_MAX),
        title=article.title,
        language=told_language(article),
        words=kept,
    )
    with store.write() as tx:
        before = tx.marks.put(mark)
        stands = tx.marks.get(topic, article.id)
    assert stands is not None
    return Marked(stands, before, did_match)


def lift_mark(store: Store, wanted: str, topic: TopicKey) -> TopicMark:
    """Take the mark of an article back, also where its text is past the retention. Raises MonitorError without one."""
    with store.write() as tx:
        for article_id in find_ids(tx, wanted):
            mark = tx.marks.get(topic, article_id)
            if mark is not None:
                tx.marks.lift(topic, article_id)
                return mark
    raise MonitorError(f"{wanted} has no mark under {topic}", remedy=f"See: monitor mark list {topic}")


def learned_of(
    tx: Transaction, topic: CompiledTopic, lexicon: Lexicon, backgrounds: dict[str, Background] | None = None
) -> tuple[LearnedWord, ...]:
    """What one topic has learned from its newest marks, whether or not it is switched on.

    `backgrounds` keeps by language what was read of the archive, for the next topic.
    """
    known = {} if backgrounds is None else backgrounds
    marks = [_without_common(tx, mark, lexicon, known) for mark in tx.marks.newest(topic.topic.key, MARKS_MAX)]
    return learn_words(marks, topic.leaves, lexicon.idf)


def learn_all(tx: Transaction, watchlist: CompiledWatchlist) -> CompiledWatchlist:
    """The watchlist with what every topic has learned; the same marks and archive give the same watchlist."""
    marked = set(tx.marks.topics())
    backgrounds: dict[str, Background] = {}
    learned = {
        topic.topic.key: learned_of(tx, topic, watchlist.lexicon, backgrounds)
        for topic in watchlist.topics
        if topic.topic.feedback and topic.topic.key in marked
    }
    return with_learned(watchlist, learned)


def _without_common(
    tx: Transaction, mark: TopicMark, lexicon: Lexicon, backgrounds: dict[str, Background]
) -> TopicMark:
    """The mark without words that are common in the archive now.

    In a language of which no frequencies are installed the archive alone says what is common, and as long as it holds
    too few articles to say so, the mark teaches nothing.
    """
    language = stemmed_language(mark.language)
    if lexicon.of(language).has_frequencies:
        return mark
    if language not in backgrounds:
        backgrounds[language] = read_background(tx, mark.language)
    background = backgrounds[language]
    is_known = background.articles >= BACKGROUND_LEAST
    kept = {word: count for word, count in mark.words.items() if is_known and word not in background.common}
    return replace(mark, words=kept)


def _find_article(tx: Transaction, wanted: str, topic: TopicKey) -> Article:
    """The article, with its page's text where that was read; several under one address: the one first seen."""
    ids = find_ids(tx, wanted)
    found = tx.articles.by_ids(ids)
    if found:
        article = found[min(found)].article
        page = tx.pages.of_article(article.id)
        return replace(article, text=complete(article.text, page.text)) if page is not None and page.text else article
    if ids and not wanted.isdigit():
        raise MonitorError(
            f"the text of {wanted} is past the retention", remedy="Mark articles while they are kept: articles_days."
        )
    near = _near_articles(tx.marks.matched_articles(topic, NEAR_READ), wanted)
    listed = "; ".join(f'{one.id} "{shorten(one.title, 60)}" {one.url}'.rstrip() for one in near)
    words_of = "Nearest" if not wanted.isdigit() else "Newest"
    remedy = f"{words_of} matches of {topic}: {listed}." if listed else f"{topic} has no match yet."
    raise MonitorError(f"{wanted} is not in the archive", remedy=remedy)


def _near_articles(matched: list[Markable], wanted: str) -> list[Markable]:
    if wanted.isdigit():
        return matched[:NEAR_SHOWN]
    by_url = {one.url: one for one in reversed(matched)}
    close = get_close_matches(wanted, list(by_url), n=NEAR_SHOWN, cutoff=0.6)
    return [by_url[url] for url in close] or matched[:NEAR_SHOWN]
