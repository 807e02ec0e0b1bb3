"""Marks of readers: who said what, what is kept of the article. On SQLite and on PostgreSQL."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.model import ArticleId, TopicKey, TopicMark, Verdict
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import TOPIC, an_article, store_articles

MARK = TopicMark(
    TOPIC, ArticleId(7), Verdict.USEFUL, START, "Ada", "yes!", "Talks “resume”", "ru", {"переговоры": 3, "doha": 1}
)


def test_a_mark_comes_back_as_it_was_made(store: Store) -> None:
    """Who, when, why, and the words that outlive the article."""
    with store.write() as tx:
        assert tx.marks.put(MARK) is None
        assert tx.marks.get(TOPIC, ArticleId(7)) == MARK
        assert tx.marks.of_article(ArticleId(7)) == [MARK]
        assert tx.marks.topics() == [TOPIC]
        assert tx.marks.get(TopicKey("other"), ArticleId(7)) is None


def test_the_same_mark_again_changes_nothing(store: Store) -> None:
    """A button pressed twice is one mark, of the first time, and nobody learns anew."""
    with store.write() as tx:
        tx.marks.put(MARK)
        changes = tx.marks.changes()
        assert tx.marks.put(replace(MARK, at=START + timedelta(hours=1))) == MARK
        assert tx.marks.get(TOPIC, ArticleId(7)) == MARK
        assert tx.marks.changes() == changes


def test_a_later_mark_replaces_the_earlier_one(store: Store) -> None:
    """Another verdict, another person or another note: the last word counts, and the change is counted."""
    later = replace(MARK, verdict=Verdict.NOT_RELEVANT, by="Bo", at=START + timedelta(hours=1))
    with store.write() as tx:
        tx.marks.put(MARK)
        changes = tx.marks.changes()
        assert tx.marks.put(later) == MARK
        assert tx.marks.newest() == [later]
        assert tx.marks.changes() == changes + 1


def test_a_mark_is_taken_back_once(store: Store) -> None:
    """Lifting says whether there was one, and only then counts as a change."""
    with store.write() as tx:
        tx.marks.put(MARK)
        assert tx.marks.lift(TOPIC, ArticleId(7))
        changes = tx.marks.changes()
        assert not tx.marks.lift(TOPIC, ArticleId(7))
        assert tx.marks.changes() == changes
        assert tx.marks.newest(TOPIC) == []


def test_the_newest_marks_of_a_topic_come_first_and_are_bounded(store: Store) -> None:
    """A topic learns from its newest marks alone, however many there are."""
    other = replace(MARK, topic=TopicKey("other"))
    with store.write() as tx:
        tx.marks.put(other)
        for number in range(5):
            tx.marks.put(replace(MARK, article_id=ArticleId(number), at=START + timedelta(minutes=number)))
        assert [mark.article_id for mark in tx.marks.newest(TOPIC, 2)] == [4, 3]
        assert len(tx.marks.newest()) == 6


def test_no_mark_was_ever_made(store: Store) -> None:
    """The counter begins at nothing."""
    with store.read() as tx:
        assert tx.marks.changes() == 0
        assert tx.marks.newest() == []


def test_the_newest_articles_come_with_what_they_say(store: Store) -> None:
    """What is common in an archive is asked of the newest, at most so many, each with the language that it was told."""
    articles = [an_article(number, title=f"Title {number}") for number in range(1, 4)]
    store_articles(store, [*articles[:2], replace(articles[2], language="de")])
    with store.read() as tx:
        newest = list(tx.marks.newest_articles(2))
    assert [(one.id, one.title, one.language) for one in newest] == [(3, "Title 3", "de"), (2, "Title 2", None)]
    assert newest[0].text == articles[2].text
