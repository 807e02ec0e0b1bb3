"""Read new articles with the sentence model, off the hot path, and match them once more by what they mean.

An article is matched by its words when it comes; reading it takes a fiftieth of a second, so this waits until it is
stored. Its vector and the matches it brings are one transaction: a stop anywhere loses nothing, and an article read
twice brings nothing twice.

Effects: database, runs a model.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from monitor.clock import Clock
from monitor.logs import get_log
from monitor.model import ArticleId
from monitor.pipeline.again import JudgedAgain, complete_article, judge_again, store_again
from monitor.pipeline.background import learn_background
from monitor.pipeline.ingest import IngestContext
from monitor.storage.articles import StoredArticle
from monitor.storage.pages import page_texts
from monitor.storage.store import Store
from monitor.topics.nearness import BACKGROUND_MAX, Meanings, Vector, pack_vector

log = get_log()

PORTION = 16
"""Articles read before they are stored together: a third of a second of the model, then one write."""
NEWS = timedelta(hours=24)
"""Older articles are not read: their news is old, and so what waits has an end."""
JUST_NOW = timedelta(hours=2)
"""How far back a look goes as a rule: looking through a day of 25,000 articles takes 80 ms (measured)."""
ALL_EVERY_S = 600.0
"""How often it goes back a whole day, for pages that came late."""


class MeaningReader:
    """Reads what waits; all methods belong to one thread. The model is loaded when the first article waits for it."""

    def __init__(
        self, store: Store, load: Callable[[], Meanings], clock: Clock, *, context: Callable[[], IngestContext]
    ) -> None:
        self._store = store
        self._load = load
        self._clock = clock
        self._context = context
        self._meanings: Meanings | None = None
        self._all_at_s = 0.0

    def run_round(self, bound_s: float, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Read until nothing waits, or `bound_s` are over, or the end is asked for; returns the articles read.

        Raises StorageError, and MonitorError where the model cannot be loaded; what waits then goes on waiting.
        """
        until_s = self._clock.monotonic_s() + bound_s
        read = matches = 0
        while not is_stopping() and self._clock.monotonic_s() < until_s:
            done = self._read_portion()
            if done is None:
                break
            read += done[0]
            matches += done[1]
        if read:
            log.info("meanings.read", articles=read, matches=matches)
        return read

    def _read_portion(self) -> tuple[int, int] | None:
        """Read one portion; how many articles, and the matches they brought. None where nothing waits."""
        if not self._context().watchlist.lexicon.asks_meaning:
            return None
        meanings = self._ready()
        articles, pages = self._look(meanings)
        if not articles:
            return None
        context = self._context()
        vectors: dict[ArticleId, Vector | None] = {}
        judged: list[JudgedAgain] = []
        for stored in articles:
            page = pages.get(stored.article.id, "")
            vectors[stored.article.id], again = self._read(meanings, stored, page, context)
            judged += again
        with self._store.write() as tx:
            tx.corrections.share()
            # A page that was stored while the model read: its article waits on, to be read with it.
            now_there = page_texts(tx.connection, list(vectors))
            late = {key for key in vectors if now_there.get(key, "") != pages.get(key, "")}
            vectors = {key: one for key, one in vectors.items() if key not in late}
            judged = [one for one in judged if one.stored.article.id not in late]
            tx.vectors.add(meanings.model, {key: pack_vector(one) if one else b"" for key, one in vectors.items()})
            matches = sum(store_again(tx, one, context, self._clock.now()) for one in judged)
        meanings.learn(vector for vector in vectors.values() if vector is not None)
        return len(articles), matches

    def _ready(self) -> Meanings:
        if self._meanings is None:
            meanings = self._load()
            with self._store.read() as tx:
                learn_background(tx, meanings)
            self._meanings = meanings
        return self._meanings

    def _look(self, meanings: Meanings) -> tuple[list[StoredArticle], Mapping[ArticleId, str]]:
        is_all = self._clock.monotonic_s() >= self._all_at_s
        since = self._clock.now() - (NEWS if is_all else JUST_NOW)
        # What is told to nobody is read only while there is no background yet.
        silent = meanings.background < BACKGROUND_MAX
        with self._store.read() as tx:
            ids = tx.vectors.waiting(meanings.model, since, limit=PORTION, silent=silent)
            if is_all and not ids:
                self._all_at_s = self._clock.monotonic_s() + ALL_EVERY_S
            found = tx.articles.by_ids(ids)
            return [found[one] for one in ids if one in found], page_texts(tx.connection, ids)

    def _read(
        self, meanings: Meanings, stored: StoredArticle, page_text: str, context: IngestContext
    ) -> tuple[Vector | None, list[JudgedAgain]]:
        """An article's vector and verdicts; none where its text or a topic's name breaks the model."""
        try:
            vector = meanings.read(complete_article(stored.article, page_text))
            return vector, [judge_again(stored, page_text, context.watchlist, meanings.nearness(vector))]
        except Exception as error:  # noqa: BLE001  # the edge of a unit of work: one odd text must not stop the others
            log.error("meaning.broke", article=stored.article.id, error=error, hint="please report this")
            return None, []
