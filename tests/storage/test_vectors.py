"""Vectors: which articles wait for theirs, and what is kept. On SQLite and on PostgreSQL."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.model import ArticleId
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import an_article, store_articles


def waiting(store: Store, model: str = "a", *, silent: bool = False, limit: int = 9, hours: float = 24) -> list[int]:
    """Who waits to be read."""
    with store.read() as tx:
        return list(tx.vectors.waiting(model, START - timedelta(hours=hours), limit=limit, silent=silent))


def test_what_may_be_told_waits_until_its_model_has_read_it(store: Store) -> None:
    """Oldest first, within a bound; silent articles last, where asked for; another model reads them again."""
    store_articles(store, [an_article(0)], standing="baseline")
    store_articles(store, [an_article(number) for number in (1, 2, 3)])
    assert waiting(store) == [1, 2, 3]
    assert waiting(store, limit=2) == [1, 2]
    assert waiting(store, silent=True) == [1, 2, 3, 0]
    with store.write() as tx:
        tx.vectors.add("a", {ArticleId(1): b"\x00\x3c", ArticleId(2): b""})
    assert waiting(store) == [3]
    assert waiting(store, "b") == [1, 2, 3]


def test_old_news_and_other_languages_do_not_wait(store: Store) -> None:
    """What waits has an end, and the model knows English alone."""
    languages = dict(enumerate(("en", "EN-gb", "en_US", "de", "eng", None), 1))
    store_articles(store, [replace(an_article(key), language=language) for key, language in languages.items()])
    store_articles(store, [an_article(9, at=START - timedelta(hours=25))])
    assert waiting(store) == [1, 2, 3, 6]


def test_the_newest_of_one_model_make_the_background(store: Store) -> None:
    """Oldest first, those that could not be read left out; a vector is replaced, never doubled."""
    with store.write() as tx:
        tx.vectors.add("a", {ArticleId(number): bytes([number]) * 2 for number in range(1, 6)})
        tx.vectors.add("a", {ArticleId(4): b""})
        tx.vectors.add("b", {ArticleId(1): b"bb"})
    with store.read() as tx:
        assert tx.vectors.latest("a", 3) == [b"\x03\x03", b"\x05\x05"]
        assert tx.vectors.of_article("b", ArticleId(1)) == b"bb"
        assert tx.vectors.of_article("a", ArticleId(1)) is None
        assert tx.vectors.of_article("a", ArticleId(4)) is None
        assert tx.vectors.has(ArticleId(4))
        assert tx.vectors.count() == 5


def test_a_forgotten_vector_waits_again(store: Store) -> None:
    """An article whose text has grown is read anew; one that was swept leaves nothing."""
    store_articles(store, [an_article(1)])
    with store.write() as tx:
        tx.vectors.add("a", {ArticleId(1): b"\x00\x3c"})
        tx.vectors.forget([ArticleId(1)])
    assert waiting(store) == [1]
    with store.read() as tx:
        assert not tx.vectors.has(ArticleId(1))
