"""`monitor explain --keep-as`: an article as an example of a topic, where the topic answers it as it must.

Effects: database, writes watchlist.toml, prints.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from monitor.cli.edited import noting_edit
from monitor.cli.opening import find_topic
from monitor.cli.search import refresh
from monitor.clock import SystemClock
from monitor.config.edit_examples import SIDES, Choice, choose_example, keep_example
from monitor.config.load import Loaded
from monitor.config.values import near_miss, shown
from monitor.errors import ConfigError
from monitor.feeds.fulltext import complete
from monitor.model import Article, NoMatch, Topic
from monitor.storage.store import Store
from monitor.text import plain_line, plural
from monitor.topics.explain import explain
from monitor.trail import Trail
from monitor.views.widening import SUGGEST_DAYS, how_to_use, terms_that_find


def keep_article(wanted: Sequence[str], loaded: Loaded, store: Store, trail: Trail) -> int:
    """Keep the article in the list and for the topic wanted. 1, and nothing written, where it does not hold."""
    side, topic = wanted[0], find_topic(loaded, wanted[1])
    if side not in SIDES:
        near = near_miss(side, list(SIDES))
        raise ConfigError(f"{shown(side)} is no list of examples", remedy=near or f"It is {SIDES[0]} or {SIDES[1]}.")
    article = trail.stored.article
    if trail.page is not None and trail.page.text:
        article = replace(article, text=complete(article.text, trail.page.text))
    choice = choose_example(loaded.compiled, topic.key, side, article)
    if not choice.holds:
        print("\n".join(_say_failed(choice, side, topic, loaded, store, article)))
        return 1
    note = f"{side} of {topic.key}: {plain_line(article.title)}"
    noting = noting_edit(loaded, note)
    lexicon = loaded.compiled.lexicon
    kept = keep_example(loaded.folder, topic.key, side, choice.written, lexicon, address=article.url, noting=noting)
    where = f"{loaded.folder / 'watchlist.toml'}:{kept.line}"
    print(f"{where}: kept in `{side}` of {topic.key}:" if kept.is_new else f"{where}: stands in `{side}` already:")
    print(f"  {choice.text}" if kept.is_new else f"  {plain_line(article.title)}")
    if kept.is_new:
        print("  From now on an edit that would change the answer is refused; the archive may forget the article.")
    return 0


def _say_failed(
    choice: Choice, side: str, topic: Topic, loaded: Loaded, store: Store, article: Article
) -> Iterator[str]:
    """Why it does not hold, what would help, and the line to paste."""
    answer = "does not find" if side == "must_match" else "finds"
    yield f'{topic.key} {answer} "{plain_line(article.title)}" as it is; nothing was written.'
    judged = choice.judged
    score = f"Score {judged.score} of 100. " if isinstance(judged, NoMatch) and judged.score else ""
    yield f"  {score}{plain_line(explain(judged))}"
    if isinstance(judged, NoMatch) and not judged.is_excluded:
        clock, use = SystemClock(), how_to_use(topic)
        refresh(store, clock)
        terms = terms_that_find(store, loaded, topic, article, clock.now())
        if terms:
            yield f"  Each of these terms, {use}, would find it:"
            for one in terms:
                yield f"    {one.text}  (+{plural(one.more, 'article')} in {SUGGEST_DAYS} days)"
        else:
            yield f"  No term that the archive suggests would find it; its own words, {use}, will."
    elif isinstance(judged, NoMatch):
        yield "  Narrow `exclude` first."
    else:
        narrow = "Narrow the query" if topic.query is not None else "Say in `exclude` what is not meant"
        yield f"  {narrow}, then ask again."
    path = Path(loaded.folder) / "watchlist.toml"
    yield f"  Or edit both in one go: this line goes into `{side}` of {topic.place or path}:"
    yield f"    {choice.text},"
    yield "  A watchlist with an example that fails is refused; `monitor check` says when all is well."
