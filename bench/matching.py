"""Matching on labelled news: how well a bare name finds its articles, and how fast a thousand topics are judged.

Quality is macro-F1 over the topics of `$MONITOR_CORPUS/topics`, by set and by length of name, beside two plain
baselines in the same run: the literal phrase, and all words by stem anywhere; where the extra `semantic` is installed,
also with it, which takes two minutes more. Speed is in `bench.matching_speed`, which is run afterwards.

    python -m bench.matching

Effects: reads files, writes to standard output.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from bench.matching_speed import show_all_speeds
from monitor.model import Article, ArticleId, Level, Schedule, Topic, TopicKey, Watchlist
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import compile_watchlist, match_article
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon, is_stop_word
from monitor.topics.nearness import BACKGROUND_MAX
from monitor.topics.vectors import ModelFiles, find_model, load_meanings
from monitor.words import stem, words

SETS = (("muc", "muc"), ("ecb", "ecb_event"), ("ecb", "ecb_theme"))
"""(articles, topics) of the corpus."""
LENGTHS = ((1, 1), (2, 2), (3, 3), (4, 6), (7, 99))
"""Content words of a name, from and to: the groups by which names are told."""
Found = dict[str, set[str]]


def read_lines(path: Path) -> list[dict[str, str]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def make_topic(name: str, query: str | None = None, level: Level = Level.BALANCED) -> Topic:
    """A topic whose key is its name or query."""
    return Topic(TopicKey(query or name), name, Schedule("UTC", now=True), (), query=query, level=level)


def by_phrase(names: Sequence[str], articles: dict[str, Article]) -> Found:
    """Baseline: the name stands there word for word."""
    phrases = {name: " " + " ".join(words(name)) + " " for name in names}
    texts = {key: " " + " ".join(words(known.title + "\n" + known.text)) + " " for key, known in articles.items()}
    return {name: {key for key, text in texts.items() if phrase in text} for name, phrase in phrases.items()}


def by_stems(names: Sequence[str], articles: dict[str, Article]) -> Found:
    """Baseline: every content word stands there somewhere, by its stem."""
    wanted = {name: {stem(word) for word in words(name) if not is_stop_word(word)} for name in names}
    held = {key: set(map(stem, words(known.title + "\n" + known.text))) for key, known in articles.items()}
    return {name: {key for key, stems in held.items() if wanted[name] <= stems} for name in names}


def by_monitor(
    lexicon: Lexicon, level: Level = Level.BALANCED, model: ModelFiles | None = None
) -> Callable[[Sequence[str], dict[str, Article]], Found]:
    """Ours, with a lexicon or without, with a sentence model or without; its background are the articles themselves."""

    def find(names: Sequence[str], articles: dict[str, Article]) -> Found:
        compiled = compile_watchlist(Watchlist(tuple(make_topic(name, level=level) for name in names)), lexicon)
        meanings = load_meanings(model) if model is not None else None
        if meanings is not None:
            every = max(1, len(articles) // BACKGROUND_MAX)
            meanings.learn(map(meanings.read, list(articles.values())[::every]))
        found: Found = {name: set() for name in names}
        for key, known in articles.items():
            nearness = meanings.nearness(known) if meanings is not None else None
            for match in match_article(compiled, known, nearness)[0]:
                found[match.topic].add(key)
        return found

    return find


def f1(found: set[str], right: set[str]) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean."""
    hits = len(found & right)
    precision = hits / len(found) if found else 0.0
    recall = hits / len(right)
    return precision, recall, 2 * hits / (len(found) + len(right)) if hits else 0.0


def mean(values: Iterable[float]) -> float:
    """The mean of some numbers."""
    listed = list(values)
    return sum(listed) / len(listed)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Articles, topic names, and which articles people found right for each."""

    label: str
    articles: dict[str, Article]
    names: dict[str, str]
    right: Found


def read_set(folder: Path, article_set: str, topic_set: str) -> Labelled:
    """One labelled set; topics without a right article are left out."""
    lines = read_lines(folder / f"{article_set}.articles.jsonl")
    articles = {
        line["id"]: Article(ArticleId(number), line["title"], line["text"]) for number, line in enumerate(lines)
    }
    right: Found = {}
    for line in (folder / f"{topic_set}.relevant.tsv").read_text().splitlines():
        key, article = line.split("\t")
        right.setdefault(key, set()).add(article)
    topics = {line["id"]: line["name"] for line in read_lines(folder / f"{topic_set}.topics.jsonl")}
    return Labelled(topic_set, articles, {key: name for key, name in topics.items() if key in right}, right)


def name_length(name: str) -> int:
    """The content words of a name; `T-Mobile` is one."""
    return sum(not all(map(is_stop_word, words(written))) for written in name.split())


def show_quality(folder: Path, lexicon: Lexicon) -> dict[str, float]:
    """Print precision, recall and F1 of each way on each set and for each length of name; give their mean F1."""
    ways = {
        "literal phrase": by_phrase,
        "all stems": by_stems,
        "near rule alone": by_monitor(EMPTY_LEXICON),
        "balanced": by_monitor(lexicon),
        "strict": by_monitor(lexicon, Level.STRICT),
        "broad": by_monitor(lexicon, Level.BROAD),
    }
    model = find_model()
    if model is not None:
        ways["semantic"] = by_monitor(replace(lexicon, asks_meaning=True), model=model)
    scores: dict[str, list[float]] = {way: [] for way in ways}
    by_length: dict[str, list[tuple[int, float, float, float]]] = {way: [] for way in ways}
    for known in (read_set(folder, article_set, topic_set) for article_set, topic_set in SETS):
        for way, find in ways.items():
            found = find(list(dict.fromkeys(known.names.values())), known.articles)
            rated = [(name_length(name), *f1(found[name], known.right[key])) for key, name in known.names.items()]
            by_length[way] += rated
            scores[way].append(show_line(known.label, way, rated))
    for least, most in LENGTHS:
        label = f"{least} word" if most == 1 else f"{least} words" if least == most else f"{least}-{most} words"
        for way in ways:
            rated = [one for one in by_length[way] if least <= one[0] <= most]
            if rated:
                show_line(label.replace("-99", "+"), way, rated)
    return {way: mean(values) for way, values in scores.items()}


def show_line(label: str, way: str, rated: list[tuple[int, float, float, float]]) -> float:
    """Print the mean precision, recall and F1 of some topics; give the F1."""
    figures = [mean(one[place] for one in rated) for place in (1, 2, 3)]
    print(f"{label:10} {len(rated):3} topics  {way:16} " + "  ".join(f"{one:.3f}" for one in figures))
    return figures[2]


def run() -> int:
    """Print all; 1 where ours does not beat both baselines, 2 without the corpus."""
    folder = os.environ.get("MONITOR_CORPUS")
    if not folder:
        print("MONITOR_CORPUS is not set: the labelled articles are not at hand", file=sys.stderr)
        return 2
    started = time.perf_counter()
    lexicon = load_lexicon()
    print(f"lexicon loaded in {1000 * (time.perf_counter() - started):.0f} ms")
    print(f"{'':31}{'':17}P      R      F1")
    means = show_quality(Path(folder) / "topics", lexicon)
    print("mean F1: " + ", ".join(f"{way} {value:.3f}" for way, value in means.items()))
    show_all_speeds(Path(folder) / "topics", lexicon)
    return 0 if means["balanced"] > max(means["literal phrase"], means["all stems"]) else 1


if __name__ == "__main__":
    sys.exit(run())
