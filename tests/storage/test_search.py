"""The archive's search: the same answer as judging every article, whatever the index holds."""

import os
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor import language as telling
from monitor.errors import StorageError
from monitor.model import Article, ArticleId, FeedId, PageState, Topic, Watchlist
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.search import compile_by_archive, search
from monitor.storage.store import Store
from monitor.storage.tables import INDEX_STATE, PAGE
from monitor.storage.word_index import Whole, entry_of, read_whole
from monitor.topics.index import ReadArticle
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, match_article
from monitor.topics.nodes import Element, Kind
from monitor.topics.wanted import ARTICLE_TOKENS_MAX, Token, sample_of_tokens
from monitor.words import stem
from tests.fakes.clock import START
from tests.storage.given import store_articles
from tests.topics.articles import topic

LEXICON = load_lexicon()
WORDS = {
    "en": "hostage hostages talks negotiations captives Gulf of the a minister tanker COVID-19 U.S. US AT&T C++ "
    "O'Neill cease-fire ceasefire café Cafe prices half-price kidnapped mediators release released",
    "de": "Geisel Geiseln Verhandlungen Verhandlung über die Straße Straßen Minister Tanker hostage",
    "ru": "заложники заложников переговоры переговоров министр танкер ёлка елка",
    "ar": "المفاوضات مفاوضات والمفاوضات رهائن الرهائن وزير",
    "he": "שלום ושלום חטופים החטופים משא ומתן",
    "ko": "인질협상이 인질 협상에서 장관",
    "ja": "人質交渉を再開 人質 交渉 大臣が発表 二人",
    "th": "การเจรจา ตัวประกัน รัฐมนตรี",
    "el": "διαπραγματεύσεις ομήρων Υπουργός",
    "tr": "rehine rehineler müzakere İstanbul",
}
TOPICS = (
    topic("hostage negotiations"), topic("captives"), topic("talks mediators release prices"), topic("Geisel"),
    topic("заложники"), topic("人質"), topic("رهائن"), topic("nobody ever wrote this"),
    topic("hostage talks", exclude="tanker", also=("cease-fire",)),
    *(
        topic(query, query=query)
        for query in (
            "hostage* AND NOT tanker", '"hostage talks"', "hostage NEAR/3 talks", "=US OR U.S.", "ceasefire", "C++",
            "AT&T", "COVID-19", "tank*", "Verhandlung AND title:Geisel", "заложник NEAR/5 переговоры", "人質交渉",
            "人", "*", "=Cafe", "café", "~hostage", "atleast2(talks)", "source:Gulf", "lang:de minister", "مفاوضات",
            "source:Gulf NOT talks", "lead:minister", "O'Neill", "협상", "שלום", "ομήρων", "rehine", "елка", "การเจรจา",
        )
        if query != "*"
    ),
)  # fmt: skip

SOME_TOPICS = 15
"""Of these, drawn anew in each run; `make prove` searches for all."""


def some_articles(count: int, seed: int = 1) -> list[Article]:
    """Articles of a small vocabulary in ten languages, some without one told."""
    chance = random.Random(seed)
    found = []
    for number in range(1, count + 1):
        language = chance.choice([*WORDS])
        words = WORDS[language].split()
        told = chance.choice([language, language, f"{language}-XX", None])
        found.append(
            Article(
                ArticleId(number),
                " ".join(chance.choices(words, k=chance.randint(1, 5))),
                ". ".join(" ".join(chance.choices(words, k=chance.randint(2, 9))) for _ in range(chance.randint(1, 4))),
                url=f"https://feed1.example.org/{number}",
                feed_id=FeedId(1),
                source=chance.choice(["", "The Gulf Wire"]),
                language=told,
                seen_at=START + timedelta(minutes=chance.randint(0, 200)),
            )
        )
    return found


def give_page(store: Store, article_id: int, text: str) -> None:
    """The page of an article was read."""
    with store.write() as tx:
        tx.connection.execute(
            sa.insert(PAGE).values(
                article_id=article_id, url="", host="", address_key=0, state=PageState.GOT.value, attempts=1,
                wanted_at=START, next_at=START, text=text, road="", reason="",
            )
        )  # fmt: skip


def judged(store: Store, ids: Sequence[int], watchlist: CompiledWatchlist) -> list[tuple[ArticleId, int]]:
    """Every article judged, the newest first: what a search must find."""
    with store.read() as tx:
        wholes = read_whole(tx.connection, [ArticleId(number) for number in ids])
    wholes.sort(key=lambda whole: (whole.article.seen_at, whole.article.id), reverse=True)
    return [(whole.article.id, match.score) for whole in wholes for match in match_article(watchlist, whole.article)[0]]


def answers(store: Store, topics: Sequence[Topic]) -> list[list[tuple[ArticleId, int]]]:
    """What a search for each of these topics finds."""
    found = []
    for one in topics:
        result = search(store, compile_watchlist(Watchlist((one,)), LEXICON))
        assert result.total == len(result.hits)
        found.append([(hit.article.id, hit.match.score) for hit in result.hits])
    return found


def index_all(store: Store) -> None:
    """Bring the index up to date."""
    assert Indexer(store).catch_up(portions=50)


def test_the_answer_never_depends_on_the_index(store: Store) -> None:
    """Without an index, half-built, whole, with pages that came later: exactly what judging every article says."""
    topics = TOPICS if os.environ.get("MONITOR_PROVE") else random.sample(TOPICS, SOME_TOPICS)
    store_articles(store, some_articles(210))
    for number in range(5, 210, 11):
        give_page(store, number, "The ministers spoke. Kidnapped tanker crew: hostage talks, Geiseln und 人質交渉.")
    watchlists = [compile_watchlist(Watchlist((one,)), LEXICON) for one in topics]
    wanted = [judged(store, range(1, 211), watchlist) for watchlist in watchlists]
    assert sum(map(bool, wanted)) > len(topics) // 2
    assert answers(store, topics) == wanted

    assert not Indexer(store).catch_up()
    with store.read() as tx:
        half = read_whole(tx.connection, tx.words.missing(limit=120))
    with store.write() as tx:
        tx.words.add([entry_of(whole) for whole in half])
    assert answers(store, topics) == wanted
    index_all(store)
    assert answers(store, topics) == wanted

    for number in range(6, 210, 11):
        give_page(store, number, "A late page: заложники, مفاوضات and cease-fire negotiations over captives.")
    wanted = [judged(store, range(1, 211), watchlist) for watchlist in watchlists]
    assert answers(store, topics) == wanted
    index_all(store)
    assert answers(store, topics) == wanted


def test_an_index_by_other_rules_is_made_anew(store: Store) -> None:
    """Stems change with the stemmer: what another version put in is never looked at, and goes with the next step."""
    store_articles(store, some_articles(40))
    index_all(store)
    with store.write() as tx:
        tx.connection.execute(sa.update(INDEX_STATE).values(version="0 of another stemmer"))
    with store.read() as tx:
        assert tx.words.languages() is None
    watchlist = compile_watchlist(Watchlist((TOPICS[0],)), LEXICON)
    wanted = judged(store, range(1, 41), watchlist)
    result = search(store, watchlist)
    assert [(hit.article.id, hit.match.score) for hit in result.hits] == wanted
    assert result.judged == 40
    index_all(store)
    with store.read() as tx:
        assert tx.words.count() == 40
        assert tx.words.missing() == []
    result = search(store, watchlist)
    assert [(hit.article.id, hit.match.score) for hit in result.hits] == wanted
    assert result.judged < 40


def test_an_index_made_while_languages_were_told_otherwise_is_of_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The language decides the stems: what was put in by other little words would be looked for in vain."""
    before = sample_of_tokens()
    monkeypatch.setattr(telling, "LEAST_SCORE", telling.LEAST_SCORE + 0.1)
    assert sample_of_tokens() != before


def test_what_is_swept_leaves_the_index(store: Store) -> None:
    """Retention takes the words with the article, those of its page too: nothing is left that a search would meet."""
    articles = some_articles(60)
    store_articles(store, [replace(one, seen_at=START + timedelta(days=one.id % 2)) for one in articles])
    give_page(store, 4, "hostage talks")
    index_all(store)
    give_page(store, 6, "hostage talks, too late for the index")
    before = {one.id for one in articles if one.id % 2 == 0}
    sweep(store, Retention(articles_days=1), START + timedelta(days=1, hours=12))
    with store.read() as tx:
        assert tx.words.count() == 60 - len(before)
        assert tx.words.missing() == []
        for one in articles:
            found = set(tx.words.find(Token(next(iter(sorted(entry_of(Whole(one, one)).tokens))))))
            assert not found & before


def test_words_are_counted_by_the_language_they_are_read_in(store: Store) -> None:
    """As many articles as hold a form of the word, of its language alone, also after some were swept."""
    articles = some_articles(150)
    store_articles(store, articles)
    index_all(store)
    asked = {"en": ["hostages", "talk", "unheard"], "de": ["hostage", "Verhandlungen".lower()], "fr": ["otage"]}
    with store.write() as tx:
        tx.words.forget([ArticleId(number) for number in range(1, 50)])
        tx.articles.forget([ArticleId(number) for number in range(1, 50)])
        counted = {one.language: one for one in tx.words.counted(["en", "de", "fr"], asked)}
    left = [ReadArticle(one) for one in articles[49:]]
    assert {*counted} == {"en", "de"}
    for language, one in counted.items():
        mine = [read for read in left if read.language == language]
        assert one.articles == len(mine) > 0
        assert one.holding == {
            stem(word, language): sum(read.holds(Element(Kind.STEM, word)) for read in mine) for word in asked[language]
        }


def test_a_watchlist_is_weighed_by_the_archive(store: Store) -> None:
    """Without an index nothing changes; with one, what every article says tells less."""
    watchlist = compile_watchlist(Watchlist((topic("hostage negotiations", also=("harvest",)),)), LEXICON)
    store_articles(store, [replace(one, language="en", title=f"hostage {one.title}") for one in some_articles(300)])
    assert compile_by_archive(store, watchlist) is watchlist
    index_all(store)
    weighed = compile_by_archive(store, watchlist)
    assert weighed.watchlist == watchlist.watchlist
    assert weighed.lexicon.idf("hostage") < watchlist.lexicon.idf("hostage") - 0.5
    assert weighed.lexicon.idf("harvest") > watchlist.lexicon.idf("harvest")
    assert weighed.lexicon.idf("never") == watchlist.lexicon.idf("never")


def test_a_huge_article_is_a_candidate_of_every_topic(store: Store) -> None:
    """Databases bound what they take for one article; beyond it, it is judged each time."""
    text = " ".join(f"word{number}" for number in range(ARTICLE_TOKENS_MAX)) + " tanker"
    store_articles(store, [replace(some_articles(1)[0], text=text, language="en")])
    index_all(store)
    assert search(store, compile_watchlist(Watchlist((topic("tanker", query="tanker*"),)))).total == 1


def test_an_article_of_very_long_words_loses_none(store: Store) -> None:
    """PostgreSQL keeps a megabyte of words for an article, and mixes up the rest: it is a candidate of every topic."""
    told = ["".join(chr(0x10D0 + int(digit)) for digit in f"{number:060d}") for number in range(4000)]
    store_articles(store, [replace(some_articles(1)[0], text=" ".join(told), language="ka")])
    index_all(store)
    for word in (told[0], told[2000], told[-1]):
        assert search(store, compile_watchlist(Watchlist((topic(word, query=f"={word}"),)))).total == 1


def test_a_query_may_be_nested_as_deep_as_the_language_allows(store: Store) -> None:
    """Databases bound how deep a question goes; what lies deeper is asked more loosely and judged all the same."""
    articles = some_articles(120)
    store_articles(store, articles)
    index_all(store)
    for text in ("talks", "(talks AND release)"):
        query = text
        for number in range(18):
            query = f"(never{number} OR (minister AND {query}))"
        watchlist = compile_watchlist(Watchlist((topic("deep", query=query),)), LEXICON)
        found = search(store, watchlist)
        assert [(hit.article.id, hit.match.score) for hit in found.hits] == judged(store, range(1, 121), watchlist)
        assert 0 < found.total <= found.judged < 120


def test_on_a_full_disk_a_search_answers_without_the_index(sqlite_store: Store) -> None:
    """The index is a cache: what could not be put in is judged directly, and put in when there is room."""
    articles = some_articles(300)
    store_articles(sqlite_store, articles)
    watchlist = compile_watchlist(Watchlist((topic("talks", query="talks OR tanker OR minister"),)))
    right = judged(sqlite_store, range(1, 301), watchlist)
    with sqlite_store.write() as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(
            f"PRAGMA max_page_count={pages}"
        )  # SQLite itself says "disk is full" from here on
    with pytest.raises(StorageError):
        index_all(sqlite_store)
    found = search(sqlite_store, watchlist)
    assert right
    assert [(hit.article.id, hit.match.score) for hit in found.hits] == right
    with sqlite_store.write() as tx:
        tx.connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    index_all(sqlite_store)
    found = search(sqlite_store, watchlist)
    assert [(hit.article.id, hit.match.score) for hit in found.hits] == right
