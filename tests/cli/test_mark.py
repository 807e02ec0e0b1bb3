"""`monitor mark`: what a reader says of an article, what the topic makes of it, and how it is shown and taken back."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.app import build_app
from monitor.config.load import load
from monitor.model import Article, Match, NoMatch
from monitor.pipeline.marks import learn_all
from monitor.pipeline.sweep import Retention, sweep
from monitor.topics.match import judge_article
from tests.cli.newsroom import FEEDS, LEXICON, WATCHLIST, Newsroom
from tests.fakes.clock import FakeClock
from tests.pipeline.given import a_wire_copy, an_entry
from tests.storage.given import an_article, store_articles
from tests.topics.articles import article


@pytest.fixture(autouse=True)
def _known_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is Ada."""
    monkeypatch.setenv("LOGNAME", "ada")


def link(number: int) -> str:
    """The address of an entry."""
    return an_entry(number).link


def about(number: int, words: str) -> str:
    """What an entry's text says."""
    return f"{an_entry(number).summary} {words}"


def with_news(newsroom: Newsroom) -> None:
    """Two articles on talks in Doha, two on a film, and one on neither."""
    newsroom.read_first()
    entries = [replace(an_entry(n), summary=about(n, "Mediators flew to Doha for a ceasefire.")) for n in (1, 2)]
    entries += [replace(an_entry(n), summary=about(n, "The film's director came to the premiere.")) for n in (3, 4)]
    newsroom.read(*entries, an_entry(5, about="weather"))


def mark_all(newsroom: Newsroom) -> None:
    """The first two are useful, the next two are not."""
    with_news(newsroom)
    for number, verdict in ((1, "useful"), (2, "useful"), (3, "not-relevant"), (4, "not-relevant")):
        assert newsroom.run("mark", verdict, link(number), "hostages").code == 0


def test_a_mark_says_what_it_did_and_what_was_learned(newsroom: Newsroom) -> None:
    """The first teaches nothing yet and says so; with the second of a kind the words are told."""
    with_news(newsroom)
    first = newsroom.run("mark", "useful", link(1), "hostages", "--note", "the very thing")
    assert first.code == 0
    assert first.out.startswith('useful for hostages: "Mayor of Bellmoor speaks of the hostage')
    assert "1 useful and 0 not relevant so far. Nothing is learned before 2 are useful." in first.out
    second = newsroom.run("mark", "useful", link(2), "Hostages", "--by", "Bo")
    assert "Learned: raises: " in second.out
    assert "doha" in second.out
    records = newsroom.run("mark", "list", "--json").records
    assert [(record["by"], record["note"], record["mark"]) for record in records] == [
        ("Bo", None, "useful"),
        ("ada", "the very thing", "useful"),
    ]
    assert list(records[0]) == ["topic", "article", "title", "mark", "at", "by", "note"]


def test_marking_twice_is_marking_once(newsroom: Newsroom) -> None:
    """The same again changes nothing and says when it was done; the other verdict takes its place."""
    with_news(newsroom)
    newsroom.run("mark", "useful", link(1), "hostages")
    again = newsroom.run("mark", "useful", link(1), "hostages")
    assert "It was marked so before, " in again.out
    assert "by ada; nothing changed." in again.out
    other = newsroom.run("mark", "not-relevant", link(1), "hostages")
    assert "In place of: useful, " in other.out
    [record] = newsroom.run("mark", "list", "hostages", "--json").records
    assert record["mark"] == "not relevant"


def test_terms_are_told_in_words_and_as_data(newsroom: Newsroom) -> None:
    """Which words raise and lower, by how much, and in how many of the marked articles they stand."""
    mark_all(newsroom)
    shown = newsroom.run("mark", "terms", "hostages")
    assert shown.code == 0
    assert "2 useful and 2 not relevant so far. Learned: raises: " in shown.out
    assert "+5  doha: in 2 of 2 useful, 0 of 2 not relevant" in shown.out
    assert "film: in 0 of 2 useful, 2 of 2 not relevant" in shown.out
    assert "all together\n  by at most 15. What the query finds stays the same." in shown.out
    [record] = newsroom.run("mark", "terms", "hostages", "--json").records
    assert list(record) == ["topic", "feedback", "useful", "not_relevant", "raises", "lowers"]
    assert {"doha", "mediators", "ceasefire"} <= {word["word"] for word in record["raises"]}
    assert {"director", "premiere"} <= {word["word"] for word in record["lowers"]}
    assert all(word["points"] > 0 for word in record["raises"])
    assert all(word["points"] < 0 for word in record["lowers"])


def test_without_marks_nothing_is_learned_and_listed(newsroom: Newsroom) -> None:
    """The empty answers are sentences."""
    newsroom.read_first()
    assert newsroom.run("mark", "list").out == "Nothing is marked.\n"
    assert newsroom.run("mark", "list", "--json").out == ""
    assert "Nothing is learned before 2 are useful." in newsroom.run("mark", "terms", "shipping").out


def test_an_article_that_did_not_match_teaches_too(newsroom: Newsroom) -> None:
    """It says so, and names the surer road."""
    with_news(newsroom)
    shown = newsroom.run("mark", "useful", link(5), "shipping")
    assert shown.code == 0
    assert "It did not match this topic; its words teach all the same." in shown.out
    assert "`must_match`" in shown.out
    assert "did not match" not in newsroom.run("mark", "not-relevant", link(5), "shipping").out


def test_an_unknown_article_names_what_is_near(newsroom: Newsroom) -> None:
    """A slip in the address, and a number that is none, are answered with articles of the topic."""
    with_news(newsroom)
    slip = newsroom.run("mark", "useful", link(3).replace("news", "newz"), "hostages")
    assert slip.code == 1
    assert "is not in the archive. Nearest matches of hostages: " in slip.err
    assert link(3) in slip.err
    number = newsroom.run("mark", "useful", "777777", "hostages")
    assert number.code == 1
    assert "777777 is not in the archive. Newest matches of hostages: " in number.err
    assert "shipping has no match yet." in newsroom.run("mark", "useful", "777777", "shipping").err
    assert newsroom.run("mark", "list").out == "Nothing is marked.\n"


def test_an_unknown_topic_names_what_is_near(newsroom: Newsroom) -> None:
    """With the topics there are."""
    with_news(newsroom)
    shown = newsroom.run("mark", "useful", link(1), "hostage")
    assert shown.code == 1
    assert 'there is no topic "hostage". Did you mean "hostages"? The watchlist has: hostages, shipping.' in shown.err


def test_a_mark_outlives_its_article_and_can_still_be_lifted(newsroom: Newsroom) -> None:
    """Retention takes the text, and nothing of what was learned; a swept article cannot be marked anew."""
    mark_all(newsroom)
    before = newsroom.run("mark", "terms", "hostages", "--json").records
    newsroom.tell()
    with newsroom.store() as store:
        sweep(store, Retention(articles_days=1), newsroom.now + timedelta(days=3))
    assert newsroom.run("mark", "terms", "hostages", "--json").records == before
    refused = newsroom.run("mark", "useful", link(3), "hostages")
    assert refused.code == 1
    assert "is past the retention" in refused.err
    lifted = newsroom.run("mark", "lift", link(3), "hostages")
    assert lifted.code == 0
    assert "no longer marked under hostages: " in lifted.out
    assert "(it was not relevant)" in lifted.out
    assert len(newsroom.run("mark", "list", "--json").records) == 3
    again = newsroom.run("mark", "lift", link(3), "hostages")
    assert again.code == 1
    assert "has no mark under hostages. See: monitor mark list hostages" in again.err


def test_marks_of_a_topic_that_left_can_be_seen_and_lifted(newsroom: Newsroom) -> None:
    """Its key still names them."""
    mark_all(newsroom)
    newsroom.configure(watchlist='[topics.shipping]\nname = "Tanker attacks"\n')
    assert len(newsroom.run("mark", "list", "hostages", "--json").records) == 4
    assert newsroom.run("mark", "lift", link(1), "hostages").code == 0


def test_feedback_switched_off_is_said(newsroom: Newsroom) -> None:
    """The mark is kept, nothing moves."""
    mark_all(newsroom)
    newsroom.configure(watchlist=WATCHLIST.replace('query = "hostage*"', 'query = "hostage*"\nfeedback = false'))
    assert "feedback = false: none of it counts" in newsroom.run("mark", "terms", "hostages").out
    assert "moves no score" in newsroom.run("mark", "useful", link(1), "hostages", "--by", "Bo").out
    assert newsroom.run("mark", "terms", "hostages", "--json").records[0]["feedback"] is False
    loaded = load(newsroom.folder, {}, LEXICON)
    with newsroom.store() as store, store.read() as tx:
        assert learn_all(tx, loaded.compiled) is loaded.compiled


def test_explain_tells_the_marks_and_the_points_they_move(newsroom: Newsroom) -> None:
    """Who said what, and the score with and without what was learned."""
    mark_all(newsroom)
    newsroom.configure(watchlist='[topics.talks]\nname = "Talks"\nquery = "mayor"\n' + WATCHLIST.split("\n", 1)[1])
    for number in (1, 2):
        newsroom.run("mark", "useful", link(number), "talks")
    shown = newsroom.run("explain", link(2))
    assert "  hostages: marked useful " in shown.out
    assert " by ada" in shown.out
    assert " by its words, +" in shown.out
    assert " learned: " in shown.out
    [record] = newsroom.run("explain", link(2), "--json").records
    assert [mark["topic"] for mark in record["marks"]] == ["hostages", "talks"]
    assert record["matches"][0]["learned"] == []


def test_a_start_learns_and_a_mark_counts_without_a_restart(newsroom: Newsroom) -> None:
    """The watchlist in force is swapped whole when marks changed, and stays the very same while they did not."""
    mark_all(newsroom)
    app = build_app(load(newsroom.folder, {}, LEXICON), FakeClock())
    try:
        before = app.in_force
        assert {word.word for word in before.watched.watchlist.topics[0].learned} >= {"doha", "director"}
        assert before.ingest.watchlist is before.watched.watchlist
        assert not app.learn()
        assert app.in_force is before
        for number in (1, 2, 3, 4):
            newsroom.run("mark", "lift", link(number), "hostages")
        assert app.learn()
        assert app.in_force.watched.watchlist.topics[0].learned == ()
        assert app.in_force.ingest.watchlist is app.in_force.watched.watchlist
        assert app.in_force.channels is before.channels
        app.apply(before.loaded)
        assert not app.learn()
    finally:
        app.close()


def test_what_is_learned_moves_what_comes_next(newsroom: Newsroom) -> None:
    """An article with the words of the useful ones scores higher than one with those of the others."""
    mark_all(newsroom)
    loaded = load(newsroom.folder, {}, LEXICON)
    with newsroom.store() as store, store.read() as tx:
        watchlist = learn_all(tx, loaded.compiled)
    raised, lowered = (
        judge_article(watchlist, article("", f"a hostage and the {words}"))[0]
        for words in ("mediators in Doha", "director of a premiere")
    )
    assert isinstance(raised, Match)
    assert isinstance(lowered, Match)
    assert raised.score - lowered.score >= 10
    assert isinstance(judge_article(watchlist, article("", "the mediators in Doha"))[0], NoMatch)


def test_words_common_in_the_archive_teach_nothing(newsroom: Newsroom) -> None:
    """A word of every article here says nothing, however rare it is elsewhere."""
    newsroom.read_first()
    entries = [replace(an_entry(n), summary=about(n, "Zorbwire reports from Zorbville.")) for n in range(1, 12)]
    entries = [*entries[:2], *(replace(one, summary=about(3, "Zorbwire.")) for one in entries[2:])]
    newsroom.read(*entries)
    for number in (1, 2):
        newsroom.run("mark", "useful", link(number), "hostages")
    [record] = newsroom.run("mark", "terms", "hostages", "--json").records
    learned = {word["word"] for word in record["raises"]}
    assert "zorbville" in learned
    assert "zorbwire" not in learned


def test_another_language_waits_until_the_archive_knows_it(newsroom: Newsroom) -> None:
    """What is common in German only German articles can say: before there are fifty, nothing is learned from them."""
    german = FEEDS.replace('rss"', 'rss"\nlanguage = "de"')
    newsroom.configure(feeds=german, watchlist='[topics.geiseln]\nname = "Geiseln"\nquery = "geisel*"\n')
    texts = [f"Die Geiseln wird Zorbwort{n} bald Unterhändler sehen." for n in range(2)]
    with newsroom.store() as store:
        store_articles(store, [_german(n, text) for n, text in enumerate(texts, 1)])
    for number in ("1", "2"):
        assert newsroom.run("mark", "useful", number, "geiseln").code == 0
    [early] = newsroom.run("mark", "terms", "geiseln", "--json").records
    assert early["raises"] == []
    with newsroom.store() as store:
        store_articles(store, [_german(n, f"Das Wetter wird bald schön {n}.") for n in range(3, 60)])
    [late] = newsroom.run("mark", "terms", "geiseln", "--json").records
    assert {word["word"] for word in late["raises"]} >= {"unterhandler"}
    assert not {"wird", "bald"} & {word["word"] for word in late["raises"]}


def _german(number: int, text: str) -> Article:
    return replace(an_article(number), text=text, title="", language="de")


def test_a_mark_speaks_the_language_of_its_article(newsroom: Newsroom) -> None:
    """Also where no feed says which that is: it is the language that the article is matched in."""
    text = (
        "Die Mediatoren haben am Montag erklärt, dass die Verhandlungen über die Geiseln in Doha wieder aufgenommen "
        "werden und dass beide Seiten eine Liste vorlegen."
    )
    newsroom.read_first()
    with newsroom.store() as store:
        store_articles(store, [replace(_german(1, text), language=None)])
    assert newsroom.run("mark", "useful", "1", "hostages").code == 0
    with newsroom.store() as store, store.read() as tx:
        (mark,) = tx.marks.newest()
    assert mark.language == "de"
    assert "mediatoren" in mark.words
    assert "die" not in mark.words


def test_a_mark_belongs_to_the_article_first_seen(newsroom: Newsroom) -> None:
    """As `explain` does: of several articles under one address the first is meant."""
    newsroom.read_first()
    newsroom.read(a_wire_copy(0))
    shown = newsroom.run("mark", "useful", a_wire_copy(0).link, "hostages")
    assert shown.code == 0
    [record] = newsroom.run("explain", a_wire_copy(0).link, "--json").records
    assert record["marks"][0]["mark"] == "useful"
    assert f"(article {record['article']})" in shown.out
