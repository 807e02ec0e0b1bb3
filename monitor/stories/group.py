"""Which story an article belongs to: as a copy of an article we have, as a report of its event, or as a new one.

A wrongly silenced article is the worst that can happen here, so a copy needs the same page, or nearly the same text
with nothing that speaks against it. What is weaker stays its own story and is seen.

Effects: none.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.model import Article, ArticleId, FeedId, Relation, StoryChoice, StoryId
from monitor.stories.guards import names_disagree, numbers_disagree
from monitor.stories.similarity import Alike, Fingerprint, similarity
from monitor.text import shorten
from monitor.urls import canonical_url, publisher_of

SHARED_MIN = 2
"""Keys of the sample that two articles must share: one is often a common turn of phrase."""
COPY_WINDOW_S = 7 * 86_400
"""A text printed again later is told again: somebody thinks it is news."""
REPORT_WINDOW_S = 72 * 3_600
"""A story nobody wrote about for three days is over."""
SERIES_GAP_S = 12 * 3_600
"""The same headline of the same publisher after half a day is a column, not a print."""
CANDIDATES_MAX = 60
"""Articles compared, newest first: bounds the work however hot a story is."""
POSTINGS_MAX = 60
"""Articles remembered per key, the newest."""
PRINTS_MAX = 20_000
"""Articles a grouper remembers, at 5 to 10 KB each; the oldest go first."""

TEXT_COPY = 0.55
"""Part of the smaller text that stands in the larger. Outlets cut and top a wire text, and rarely rewrite it."""
TEXT_SAME_PUBLISHER = 0.80
"""One publisher's look-alikes are follow-ups more often than prints."""
TEXT_SERIES = 0.95
SERIES_SHINGLES_MIN = 40
"""A recurring headline is a print only over 42 words that are as good as identical: columns have standing texts."""
TITLE_TEXT_COPY = 0.30
"""Part of the text that is enough under one and the same headline."""
TITLE_ONLY = 0.80
"""Shared headline terms where there is no text to compare."""
TITLE_TERMS_MIN = 5
"""A shorter headline alone is a label."""
TITLE_REPORT = 0.80
"""Shared headline terms of two outlets that wrote their own texts: below it two events of one kind begin to meet."""
TITLE_SHOWN_CHARS = 80
TITLE_COVER_MIN = 0.25
"""Part of one headline that must stand in the other article: the same consent notice under two headlines is no copy."""


@dataclass(frozen=True, slots=True)
class StoredPrint:
    """An article that has its story."""

    article_id: ArticleId
    story_id: StoryId
    feed_id: FeedId
    at: datetime
    publisher: str
    fingerprint: Fingerprint
    text_id: ArticleId
    """The first article of the same text: its own id unless it is a copy."""


class Grouper:
    """Assigns articles one after the other, remembering a bounded number of them by their keys.

    It decides alike however its articles are cut into batches, as long as those within the window that share a key
    were added, oldest first.
    """

    def __init__(self, prints_max: int = PRINTS_MAX) -> None:
        self._prints: OrderedDict[ArticleId, StoredPrint] = OrderedDict()
        self._by_key: dict[int, list[ArticleId]] = {}
        self._prints_max = prints_max

    def add(self, stored: StoredPrint) -> None:
        """Remember an article; the same one twice counts once."""
        if stored.article_id in self._prints:
            return
        self._prints[stored.article_id] = stored
        for key in stored.fingerprint.keys:
            ids = self._by_key.get(key)
            if ids is None:  # most keys have one article; a deque for it would take 760 bytes, and there are thousands
                self._by_key[key] = [stored.article_id]
                continue
            if len(ids) >= POSTINGS_MAX:
                del ids[0]
            ids.append(stored.article_id)
        if len(self._prints) > self._prints_max:
            _, oldest = self._prints.popitem(last=False)
            self._forget(oldest)

    def _forget(self, stored: StoredPrint) -> None:
        for key in stored.fingerprint.keys:
            ids = self._by_key.get(key)
            if ids is not None and stored.article_id in ids:
                ids.remove(stored.article_id)
                if not ids:
                    del self._by_key[key]

    def candidates(self, fingerprint: Fingerprint) -> list[StoredPrint]:
        """Articles that share a strong key or two of the sample, newest first, at most sixty."""
        shared = Counter(article_id for key in fingerprint.keys for article_id in self._by_key.get(key, ()))
        strong = {i for key in fingerprint.strong_keys for i in self._by_key.get(key, ())}
        ids = strong | {article_id for article_id, count in shared.items() if count >= SHARED_MIN}
        found = [self._prints[article_id] for article_id in ids if article_id in self._prints]
        found.sort(key=lambda stored: (stored.at, stored.article_id), reverse=True)
        return found[:CANDIDATES_MAX]

    def assign(self, article: Article, fingerprint: Fingerprint, at: datetime) -> StoryChoice:
        """The article's story among those remembered. The article itself is not added: it has no story id yet."""
        return assign_story(article, fingerprint, at, self.candidates(fingerprint))


def assign_story(
    article: Article, fingerprint: Fingerprint, at: datetime, candidates: Iterable[StoredPrint]
) -> StoryChoice:
    """Which story an article joins, and the reason in words.

    The same page first, then the most alike copy, then the most alike report; a new story where nothing is alike
    enough. Only what lies within the windows counts, and a guard's veto is never outvoted.
    """
    publisher = publisher_of(article.url, article.outlet)
    near = [stored for stored in candidates if abs((at - stored.at).total_seconds()) <= COPY_WINDOW_S]
    for stored in near:
        if fingerprint.url_key is not None and fingerprint.url_key == stored.fingerprint.url_key:
            return _choice(Relation.COPY, stored, f"same page: {canonical_url(article.url)}")
    best: tuple[float, StoredPrint, str] | None = None
    report: tuple[float, StoredPrint, str] | None = None
    closest: tuple[float, str] = (0.0, "nothing alike in the last 7 days")
    for stored in near:
        alike = similarity(fingerprint, stored.fingerprint)
        relation, words = _judge(alike, fingerprint, publisher, at, stored)
        if relation is Relation.COPY and (best is None or alike.score > best[0]):
            best = (alike.score, stored, words)
        elif relation is Relation.REPORT and (report is None or alike.title > report[0]):
            report = (alike.title, stored, words)
        elif relation is Relation.NEW and alike.score > closest[0]:
            closest = (alike.score, words)
    if best is not None:
        return _choice(Relation.COPY, best[1], best[2])
    if report is not None:
        return _choice(Relation.REPORT, report[1], report[2])
    return StoryChoice(Relation.NEW, None, None, closest[1])


def _choice(relation: Relation, stored: StoredPrint, words: str) -> StoryChoice:
    text_id = stored.text_id if relation is Relation.COPY else None
    return StoryChoice(relation, stored.story_id, stored.article_id, words, text_id=text_id)


def _judge(
    alike: Alike, fingerprint: Fingerprint, publisher: str, at: datetime, stored: StoredPrint
) -> tuple[Relation, str]:
    other = stored.fingerprint
    same_publisher = bool(publisher) and publisher == stored.publisher
    gap_s = abs((at - stored.at).total_seconds())
    is_alike, words = _is_copy(alike, fingerprint, other, same_publisher)
    is_report = not is_alike and _is_report(alike, fingerprint, other, same_publisher, gap_s)
    if is_report:
        words = f"{alike.title:.0%} the same headline words, another text"
    words = f'{words} as "{shorten(other.title, TITLE_SHOWN_CHARS)}"'
    if not is_alike and not is_report:
        return Relation.NEW, f"{words}: too little to be one"
    veto = _veto(alike, fingerprint, other, same_publisher and gap_s >= SERIES_GAP_S)
    if veto:
        return Relation.NEW, f"{words}, but {veto}"
    agree = "; numbers agree" if fingerprint.numbers & other.numbers else ""
    return (Relation.COPY if is_alike else Relation.REPORT), words + agree


def _is_copy(alike: Alike, a: Fingerprint, b: Fingerprint, same_publisher: bool) -> tuple[bool, str]:
    same_headline = a.headline_key == b.headline_key
    long_headline = min(len(a.headline_terms), len(b.headline_terms)) >= TITLE_TERMS_MIN
    if not a.is_headline_only and not b.is_headline_only:
        words = f"{alike.text:.0%} the same text" + (" under the same headline" if same_headline else "")
        enough = TEXT_SAME_PUBLISHER if same_publisher else TEXT_COPY
        if same_headline and long_headline and not same_publisher:
            enough = TITLE_TEXT_COPY
        return alike.text >= enough, words
    words = "the same headline" if same_headline else f"{alike.title:.0%} the same headline words"
    return long_headline and (same_headline or (alike.title >= TITLE_ONLY and not same_publisher)), words


def _is_report(alike: Alike, a: Fingerprint, b: Fingerprint, same_publisher: bool, gap_s: float) -> bool:
    long_headline = min(len(a.headline_terms), len(b.headline_terms)) >= TITLE_TERMS_MIN
    return long_headline and not same_publisher and gap_s <= REPORT_WINDOW_S and alike.title >= TITLE_REPORT


def _veto(alike: Alike, a: Fingerprint, b: Fingerprint, is_later: bool) -> str:
    """The guard that speaks against the two being one, in words; empty where none does."""
    if a.direction * b.direction < 0:
        return "one headline rises, the other falls"
    if numbers_disagree(a.headline_numbers, b.headline_numbers, a.numbers, b.numbers):
        return "the numbers differ"
    if a.headline_key != b.headline_key and names_disagree(a.names, a.terms, b.names, b.terms):
        return "the names differ"
    if max(_cover(a, b), _cover(b, a)) < TITLE_COVER_MIN:
        return "the headlines have nothing to do with each other"
    if is_later and a.headline_key == b.headline_key:
        few = min(len(a.shingles), len(b.shingles)) < SERIES_SHINGLES_MIN
        if few or alike.text < TEXT_SERIES or a.numbers != b.numbers:
            return "it is a recurring headline of one publisher"
    return ""


def _cover(a: Fingerprint, b: Fingerprint) -> float:
    """How much of one headline stands in the other article."""
    # Words of up to three letters stand in every text and say nothing.
    telling = {term for term in a.headline_terms if len(term) > 3 or not term.isascii() or term.isdigit()}
    if not telling:
        return 1.0
    return len(telling & b.terms) / len(telling)
