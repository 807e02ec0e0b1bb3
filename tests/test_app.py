"""What the app puts in force."""

from pathlib import Path

from monitor.app import build_app
from monitor.config.load import load
from monitor.pipeline.indexing import Indexer
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.fakes.clock import FakeClock
from tests.storage.given import an_article, store_articles

MONITOR = '[database]\nurl = "sqlite:///{}"\n[web]\nlisten = ""\n'
WATCHLIST = 'timezone = "UTC"\n[topics.t]\nname = "Captives talks"\nschedule = "every 1h"\n'
FEEDS = '[[feeds]]\nname = "F"\nurl = "https://feed.example/rss"\n'


def test_words_are_weighed_by_the_archive_at_start_and_when_asked(tmp_path: Path) -> None:
    """In between the watchlist in force stays the very same, whatever is stored and indexed meanwhile."""
    folder = tmp_path / "config"
    write_folder(folder, monitor=MONITOR.format(tmp_path / "monitor.db"), feeds=FEEDS, watchlist=WATCHLIST)
    loaded = load(folder, {}, load_lexicon())
    app = build_app(loaded, FakeClock())
    try:
        in_force = app.in_force.watched.watchlist
        assert in_force is loaded.compiled
        store_articles(app.store, [an_article(number) for number in range(1, 400)])
        Indexer(app.store).catch_up(portions=3)
        assert app.in_force.watched.watchlist is in_force
        app.weigh_words()
        weighed = app.in_force.ingest.watchlist
        assert weighed is app.in_force.watched.watchlist
        assert weighed.lexicon.counted.articles == 399
        assert weighed.lexicon.idf("captives") < in_force.lexicon.idf("captives")
    finally:
        app.close()
    again = build_app(load(folder, {}, load_lexicon()), FakeClock())
    try:
        assert again.in_force.watched.watchlist.lexicon.counted == weighed.lexicon.counted
    finally:
        again.close()
