"""What marks are worth: a few matches of each labelled topic are marked, and the rest is matched with what they taught.

For each topic of `$MONITOR_CORPUS/topics` some useful and some not relevant articles among its matches are marked by
what the labels say, chosen by lot; F1 is taken over all other articles, before and after, for several lots. It must be
worse on average for no set, whatever mixture is marked.

    python -m bench.feedback

Effects: reads files, writes to standard output.
"""

import os
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from bench.matching import SETS, f1, make_topic, mean, read_lines
from monitor.model import Article, ArticleId, LearnedWord, TopicKey, TopicMark, Verdict, Watchlist
from monitor.topics.feedback import choose_words, learn_words
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, match_article, with_learned
from monitor.topics.meaning import Lexicon

LOTS = 3
MIXTURES = ((5, 5), (2, 2), (3, 0), (0, 3))
"""Useful and not relevant articles marked, as far as a topic has as many."""
NOW = datetime(2026, 3, 14, tzinfo=UTC)
WORSE_MAX = 0.001
"""Mean F1 lost by a set that counts as nothing lost."""
CANNOT_RUN = 2


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Articles, topics, and which belong together."""

    name: str
    articles: dict[str, Article]
    names: dict[TopicKey, str]
    right: dict[TopicKey, set[str]]


def read_set(folder: Path, article_set: str, topic_set: str) -> LabelledSet:
    """One set of the corpus; topics without an article are left out."""
    lines = read_lines(folder / f"{article_set}.articles.jsonl")
    right: dict[TopicKey, set[str]] = {}
    for line in (folder / f"{topic_set}.relevant.tsv").read_text().splitlines():
        key, article = line.split("\t")
        right.setdefault(TopicKey(key), set()).add(article)
    names = {TopicKey(line["id"]): line["name"] for line in read_lines(folder / f"{topic_set}.topics.jsonl")}
    articles = {
        line["id"]: Article(ArticleId(number), line["title"], line["text"]) for number, line in enumerate(lines)
    }
    return LabelledSet(topic_set, articles, {key: name for key, name in names.items() if key in right}, right)


def find_all(compiled: CompiledWatchlist, articles: dict[str, Article]) -> dict[TopicKey, set[str]]:
    """The articles that each topic finds."""
    found: dict[TopicKey, set[str]] = {topic.key: set() for topic in compiled.watchlist.topics}
    for key, article in articles.items():
        for match in match_article(compiled, article)[0]:
            found[match.topic].add(key)
    return found


def mark_some(
    given: LabelledSet, found: dict[TopicKey, set[str]], mixture: tuple[int, int], lot: int, lexicon: Lexicon
) -> dict[TopicKey, dict[str, TopicMark]]:
    """Marks on matches of each topic, as its labels say, by article."""
    marks: dict[TopicKey, dict[str, TopicMark]] = {}
    for topic, matched in found.items():
        chance = random.Random(f"{lot} {topic}")
        useful, rest = sorted(matched & given.right[topic]), sorted(matched - given.right[topic])
        chance.shuffle(useful)
        chance.shuffle(rest)
        chosen = [(key, Verdict.USEFUL) for key in useful[: mixture[0]]]
        chosen += [(key, Verdict.NOT_RELEVANT) for key in rest[: mixture[1]]]
        marks[topic] = {
            key: TopicMark(
                topic,
                given.articles[key].id,
                verdict,
                NOW,
                words=choose_words(given.articles[key], lexicon.idf),
            )
            for key, verdict in chosen
        }
    return marks


def learn_all(
    compiled: CompiledWatchlist, marks: dict[TopicKey, dict[str, TopicMark]]
) -> dict[TopicKey, tuple[LearnedWord, ...]]:
    """What each topic learns."""
    return {
        one.topic.key: learn_words(list(marks[one.topic.key].values()), one.leaves, compiled.lexicon.idf)
        for one in compiled.topics
    }


def measure_set(given: LabelledSet, lexicon: Lexicon) -> list[float]:
    """Print mean F1 of one set before and after, for each mixture; give what each gained."""
    topics = tuple(replace(make_topic(name), key=key) for key, name in given.names.items())
    compiled = compile_watchlist(Watchlist(topics), lexicon)
    found = find_all(compiled, given.articles)
    gains = []
    for mixture in MIXTURES:
        before, after, learned_count = [], [], 0
        for lot in range(LOTS):
            marks = mark_some(given, found, mixture, lot, lexicon)
            learned = learn_all(compiled, marks)
            learned_count += sum(map(bool, learned.values()))
            found_now = find_all(with_learned(compiled, learned), given.articles)
            for topic in found:
                marked = set(marks[topic])
                if right := given.right[topic] - marked:
                    before.append(f1(found[topic] - marked, right)[2])
                    after.append(f1(found_now[topic] - marked, right)[2])
        gains.append(mean(after) - mean(before))
        print(
            f"{given.name:10} {mixture[0]} useful, {mixture[1]} not relevant: F1 {mean(before):.3f} -> "
            f"{mean(after):.3f}; {learned_count} of {LOTS * len(found)} topics learned",
            flush=True,
        )
    return gains


def run() -> int:
    """Print all; 1 where a set got worse, 2 without the corpus."""
    folder = os.environ.get("MONITOR_CORPUS")
    if not folder:
        print("MONITOR_CORPUS is not set: the labelled articles are not at hand", file=sys.stderr)
        return CANNOT_RUN
    lexicon = load_lexicon()
    gains = [measure_set(read_set(Path(folder) / "topics", *names), lexicon) for names in SETS]
    means = [mean(of_sets) for of_sets in zip(*gains, strict=True)]
    print("mean gain: " + ", ".join(f"{mixture} {gain:+.3f}" for mixture, gain in zip(MIXTURES, means, strict=True)))
    return 0 if min(map(min, gains)) >= -WORSE_MAX else 1


if __name__ == "__main__":
    sys.exit(run())
