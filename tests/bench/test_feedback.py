"""The bench of marks marks what the labels say, leaves the marked articles out, and fails where a set gets worse."""

import json
from pathlib import Path

import pytest

from bench import feedback
from bench.feedback import LabelledSet, find_all, learn_all, mark_some, measure_set
from monitor.model import Article, ArticleId, TopicKey, Verdict, Watchlist
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import compile_watchlist
from tests.topics.articles import topic

LEXICON = load_lexicon()
TALKS = TopicKey("Hostage negotiations")


def a_set() -> LabelledSet:
    """Ten articles on talks and ten on a film, all found by the name."""
    texts = {f"u{n}": "Hostage negotiations in Doha with mediators." for n in range(10)}
    texts |= {f"n{n}": "Hostage negotiations in a film by a director." for n in range(10)}
    articles = {
        key: Article(ArticleId(n), "", f"{text} {'more ' * 500}") for n, (key, text) in enumerate(texts.items())
    }
    return LabelledSet("ours", articles, {TALKS: TALKS}, {TALKS: {key for key in texts if key.startswith("u")}})


def test_marks_are_what_the_labels_say() -> None:
    """Useful ones are relevant, the others are not, no more than asked for, and each lot is the same every time."""
    given = a_set()
    compiled = compile_watchlist(Watchlist((topic(TALKS),)), LEXICON)
    found = find_all(compiled, given.articles)
    assert len(found[TALKS]) == 20
    marks = mark_some(given, found, (3, 2), 1, LEXICON)
    assert marks == mark_some(given, found, (3, 2), 1, LEXICON)
    assert marks != mark_some(given, found, (3, 2), 2, LEXICON)
    verdicts = {key: mark.verdict for key, mark in marks[TALKS].items()}
    assert sorted(verdicts.values()) == [Verdict.NOT_RELEVANT] * 2 + [Verdict.USEFUL] * 3
    assert all((verdict is Verdict.USEFUL) == (key in given.right[TALKS]) for key, verdict in verdicts.items())
    assert learn_all(compiled, marks)[TALKS]


def test_what_is_gained_is_measured_on_the_articles_that_were_not_marked() -> None:
    """Marks that tell the two kinds apart make all of the rest right; one kind alone changes less."""
    gains = measure_set(a_set(), LEXICON)
    assert gains[0] > 0.3
    assert gains[-1] == 0


def test_without_a_corpus_it_cannot_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what is missing."""
    monkeypatch.delenv("MONITOR_CORPUS", raising=False)
    assert feedback.run() == feedback.CANNOT_RUN
    assert "MONITOR_CORPUS is not set" in capsys.readouterr().err


def test_a_set_that_gets_worse_fails_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The limit is kept for every set, whatever the others gain."""
    folder = tmp_path / "topics"
    folder.mkdir()
    given = a_set()
    lines = [json.dumps({"id": key, "title": "", "text": known.text}) for key, known in given.articles.items()]
    (folder / "a.articles.jsonl").write_text("\n".join(lines))
    (folder / "t.topics.jsonl").write_text(json.dumps({"id": "1", "name": TALKS}))
    (folder / "t.relevant.tsv").write_text("".join(f"1\t{key}\n" for key in sorted(given.right[TALKS])))
    monkeypatch.setenv("MONITOR_CORPUS", str(tmp_path))
    monkeypatch.setattr(feedback, "SETS", (("a", "t"),))
    assert feedback.run() == 0
    monkeypatch.setattr(feedback, "WORSE_MAX", -1.0)
    assert feedback.run() == 1
    assert "5 useful, 5 not relevant: F1 " in capsys.readouterr().out
