"""How fast articles are judged for many topics, beside cutting the same articles into words with one expression.

Topics are made of the words and names of news on other subjects than that which is judged, so that few match, as in a
newsroom; and once more of the very articles, which is the hardest case there is. They are queries of the
shapes that people write, or names of two and three words. Timed is deciding, as a preview needs it, and all that the
daemon does: reading, deciding, score, evidence, the best sentence and what was nearly a match.

    MONITOR_CORPUS=... python -m bench.matching_speed

Effects: reads files, writes to standard output.
"""

import gc
import json
import os
import random
import re
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

from monitor.model import Article, ArticleId, Schedule, Topic, TopicKey, Watchlist
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, find_answered, match_article
from monitor.topics.meaning import Lexicon, is_stop_word
from monitor.words import fold

ARTICLES = 490
"""Half of the articles of ECB+, whose second half is about other subjects."""
ROUNDS = 5
"""Of which the fastest counts: the machine does other things too."""
COUNTS = (10, 100, 1_000, 10_000)
RARE_IDF = 6.0
"""Of a word that stands in one article of four hundred."""
_WORD = re.compile(r"\w+")
_PROPER = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)?")


def read_articles(path: Path, start: int, end: int) -> list[Article]:
    """Some of the articles of a labelled set."""
    known = map(json.loads, path.read_text().splitlines()[start:end])
    return [Article(ArticleId(number), one["title"], one["text"]) for number, one in enumerate(known)]


def make_topic(number: int, name: str, query: str | None = None) -> Topic:
    """A topic by name, or by query."""
    return Topic(TopicKey(f"topic-{number}"), name, Schedule("UTC", now=True), (), query=query)


def make_queries(articles: Sequence[Article], count: int, _lexicon: Lexicon) -> list[Topic]:
    """Queries in the shapes people write: 30 % names in a choice, 40 % a name and a word, 15 % NEAR, 10 % all of
    some words, 5 % with NOT.
    """
    chance = random.Random(7)
    text = "\n".join(known.text for known in articles)
    plain = {word for word in _WORD.findall(text) if word.islower()}
    words = sorted(word for word in plain if len(word) > 4 and word.isalpha())
    names = sorted({name for name in _PROPER.findall(text) if name.split()[0].lower() not in plain})

    def some(known: Sequence[str], least: int, most: int) -> str:
        chosen = chance.sample(known, chance.randint(least, most))
        return "(" + " OR ".join(f'"{one}"' if " " in one else one for one in chosen) + ")"

    def one(known: Sequence[str]) -> str:
        return chance.choice(known)

    shapes: list[tuple[float, Callable[[], str]]] = [
        (0.30, lambda: some(names, 2, 4)),
        (0.40, lambda: f"{some(names, 1, 3)} AND {some(words, 3, 6)}"),
        (0.15, lambda: f"{one(words)} NEAR/8 {one(words)}"),
        (0.10, lambda: " ".join(chance.sample(words, chance.randint(2, 3)))),
        (0.05, lambda: f"{some(words, 2, 3)} NOT {one(words)}"),
    ]
    chosen = chance.choices([make for _, make in shapes], [share for share, _ in shapes], k=count)
    return [make_topic(number, f"topic {number}", make()) for number, make in enumerate(chosen)]


def make_names(articles: Sequence[Article], count: int, lexicon: Lexicon) -> list[Topic]:
    """Names of two and three words that stand side by side in an article, one of them rare: names of things."""
    chance = random.Random(11)
    topics: list[Topic] = []
    while len(topics) < count:
        known = chance.choice(articles)
        words = [word for word in _WORD.findall(known.text) if len(word) > 3 and not is_stop_word(fold(word))]
        length = chance.randint(2, 3)
        if len(words) > length:
            start = chance.randrange(len(words) - length)
            chosen = words[start : start + length]
            if max(lexicon.idf(fold(word)) for word in chosen) >= RARE_IDF:
                topics.append(make_topic(len(topics), " ".join(chosen)))
    return topics


def fastest(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest of several rounds."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def tokenise_all(articles: Sequence[Article]) -> float:
    """The baseline: every article cut into words by one regular expression."""
    texts = [f"{known.title}\n{known.text}" for known in articles]
    return fastest(lambda: [_WORD.findall(text) for text in texts])


def judge_all(compiled: CompiledWatchlist, articles: Sequence[Article]) -> list[int]:
    """How many topics each article answers."""
    return [len(match_article(compiled, known)[0]) for known in articles]


def show_speed(kind: str, topics: Sequence[Topic], articles: Sequence[Article], lexicon: Lexicon) -> None:
    """One line: how fast these topics are judged, in articles a second and beside the baseline."""
    watchlist = Watchlist(tuple(topics))
    started = time.process_time()
    compiled = compile_watchlist(watchlist, lexicon)
    match_article(compiled, articles[0])
    ready = time.process_time() - started
    found = judge_all(compiled, articles)
    decided = fastest(lambda: [find_answered(compiled, known) for known in articles])
    spent = fastest(lambda: judge_all(compiled, articles))
    baseline = tokenise_all(articles)
    slowest = max(_time_one(compiled, known) for known in articles)
    print(
        f"{len(topics):6} {kind:16} decided {len(articles) / decided:6.0f} articles/s, {baseline / decided:4.2f} of"
        f" tokenising; with evidence {len(articles) / spent:6.0f}/s, {baseline / spent:4.2f};"
        f"  {statistics.mean(found):5.1f} matches each  slowest article {1000 * slowest:5.2f} ms"
        f"  compiled in {1000 * ready:5.0f} ms"
    )


def _time_one(compiled: CompiledWatchlist, known: Article) -> float:
    started = time.process_time()
    match_article(compiled, known)
    return time.process_time() - started


def show_compiling(kind: str, topics: Sequence[Topic], articles: Sequence[Article], lexicon: Lexicon) -> None:
    """What a watchlist takes in memory, and how long one topic more takes beside all anew."""
    gc.collect()
    tracemalloc.start()
    compiled = compile_watchlist(Watchlist(tuple(topics)), lexicon)
    match_article(compiled, articles[0])
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    more = Watchlist((*topics, make_topic(len(topics), "one topic more")))
    whole = fastest(lambda: match_article(compile_watchlist(more, lexicon), articles[0]))
    added = fastest(lambda: match_article(compile_watchlist(more, lexicon, compiled), articles[0]))
    print(
        f"{len(topics):6} {kind:16} hold {held:.1f} MB; all compiled {1000 * whole:.0f} ms,"
        f" one topic more {1000 * added:.0f} ms"
    )


def show_all_speeds(sets: Path, lexicon: Lexicon) -> None:
    """Print all: by kind and number of topics."""
    articles = read_articles(sets / "ecb.articles.jsonl", 0, ARTICLES) + read_articles(
        sets / "muc.articles.jsonl", 0, ARTICLES
    )
    others = read_articles(sets / "ecb.articles.jsonl", ARTICLES, 2 * ARTICLES)
    words = sum(len(_WORD.findall(known.text)) for known in articles) / len(articles)
    print(f"tokenising alone: {len(articles) / tokenise_all(articles):.0f} articles/s of {words:.0f} words")
    for kind, make in (("queries", make_queries), ("names", make_names)):
        for count in COUNTS:
            show_speed(kind, make(others, count, lexicon), articles, lexicon)
        show_speed(f"{kind}, hardest", make(articles, 1_000, lexicon), articles, lexicon)
        show_compiling(kind, make(others, 1_000, lexicon), articles, lexicon)


if __name__ == "__main__":
    if "MONITOR_CORPUS" not in os.environ:
        sys.exit("MONITOR_CORPUS is not set: the labelled articles are not at hand")
    show_all_speeds(Path(os.environ["MONITOR_CORPUS"]) / "topics", load_lexicon())
