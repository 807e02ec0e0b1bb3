"""Terms that would make a topic find an article it does not find, out of the archive.

Effects: database.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from monitor.config.load import Loaded
from monitor.model import Article, Match, Topic, Watchlist
from monitor.storage.store import Store
from monitor.storage.suggesting import suggest_terms
from monitor.topics.match import CompiledWatchlist, compile_watchlist, judge_article
from monitor.topics.suggest import write_term

SUGGEST_DAYS = 30
TERMS_SHOWN = 5


class Widening(Struct, frozen=True):
    """A term that would find the article."""

    text: str
    more: int
    """How many articles more the topic would find with it, of the last 30 days."""


def terms_that_find(store: Store, loaded: Loaded, topic: Topic, article: Article, now: datetime) -> list[Widening]:
    """The terms suggested for the topic that would find the article, at most five, the best first."""
    lists, lexicon = loaded.watchlist.lists, loaded.compiled.lexicon
    alone = compile_watchlist(Watchlist((replace(topic, must_match=(), must_not_match=()),), lists), lexicon)
    suggested = suggest_terms(store, alone, now - timedelta(days=SUGGEST_DAYS))
    found = [
        Widening(one.text, one.more)
        for one in suggested.additions
        if isinstance(judge_article(_widened(topic, one.text, loaded), article)[0], Match)
    ]
    return found[:TERMS_SHOWN]


def how_to_use(topic: Topic) -> str:
    """Where a term is put: `joined to the query with OR`, `put into `also``."""
    return "joined to the query with OR" if topic.query is not None else "put into `also`"


def _widened(topic: Topic, term: str, loaded: Loaded) -> CompiledWatchlist:
    if topic.query is None:
        wider = replace(topic, also=(*topic.also, term))
    else:
        wider = replace(topic, query=f"({topic.query}\n) OR {write_term(term)}")  # a comment may end the query
    return compile_watchlist(Watchlist((wider,), loaded.watchlist.lists), loaded.compiled.lexicon)
