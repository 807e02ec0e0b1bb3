"""`monitor search`: the archive asked in the watchlist's own language."""

from monitor.cli.search import LIMIT
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry


def some_news(newsroom: Newsroom) -> None:
    """Two articles about hostages, one about something else, oldest first."""
    newsroom.read_first(an_entry(1, title="Mayor frees hostage", summary="The mayor spoke of talks for the captives."))
    newsroom.read(an_entry(2, title="Prices rise", summary="Bread costs more."))
    newsroom.read(
        an_entry(3, title="Envoy", summary="A break. Hostage talks resume in the capital, mediators say."), outlet=1
    )


def test_articles_are_found_newest_first_with_the_words_marked(newsroom: Newsroom) -> None:
    """A query finds what it says, shows why, and tells how many of how many."""
    some_news(newsroom)
    found = newsroom.run("search", "hostage* AND talks")
    assert found.code == 0
    assert "*Hostage* *talks* resume in the capital" in found.out
    assert found.out.index("Envoy") < found.out.index("Mayor frees hostage")
    assert found.out.endswith("2 of 2 articles.\n")


def test_words_without_an_operator_are_a_name(newsroom: Newsroom) -> None:
    """As a topic of that name would find them: wherever its words stand, with a score."""
    some_news(newsroom)
    found = newsroom.run("search", "hostage talks", "--json")
    assert [record["title"] for record in found.records] == ["Envoy", "Mayor frees hostage"]
    assert {*found.records[0]} == {
        "id", "title", "url", "feed", "source", "published", "seen", "score", "evidence", "sentence",
    }  # fmt: skip
    assert [one["via"] for one in found.records[0]["evidence"]] == ["exact", "exact"]
    assert found.records[0]["sentence"].startswith("Hostage talks resume")


def test_a_bound_pages_and_the_total_is_told(newsroom: Newsroom) -> None:
    """The newest few, and of how many."""
    some_news(newsroom)
    found = newsroom.run("search", "hostage*", "--limit", "1")
    assert "1 of 2 articles, the newest 1 shown" in found.out
    assert "Mayor" not in found.out
    assert LIMIT > 1


def test_nothing_found_is_a_no(newsroom: Newsroom) -> None:
    """Exit 1 and a sentence; with --since only what is younger counts."""
    some_news(newsroom)
    nothing = newsroom.run("search", "earthquake")
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "No article answers.\n")
    assert newsroom.run("search", "mayor", "--since", "90m").code == 1
    assert newsroom.run("search", "mayor", "--since", "3h").code == 0


def test_a_faulty_query_is_told_with_its_column(newsroom: Newsroom) -> None:
    """Exit 2, the column, what to do."""
    faulty = newsroom.run("search", "hostage AND (talks")
    assert faulty.code == 2
    assert "column 13" in faulty.err
    assert newsroom.run("search", "talks", "--since", "soon").code == 2
    assert newsroom.run("search", "...").code == 2


def test_lists_of_the_watchlist_may_be_used(newsroom: Newsroom) -> None:
    """A query means what it would mean in watchlist.toml."""
    some_news(newsroom)
    lists = '[lists]\npeople = ["mayor", "envoy"]\n\n'
    newsroom.configure(watchlist=f'{lists}[topics.t]\nname = "T"\nquery = "@people"\nschedule = "now"\n')
    assert newsroom.run("search", "@people AND captives").out.endswith("1 of 1 article.\n")


def test_without_an_archive_the_place_is_told(newsroom: Newsroom) -> None:
    """A mistyped path is not an empty archive."""
    newsroom.configure(database="elsewhere.db")
    missing = newsroom.run("search", "talks")
    assert missing.code == 1
    assert "there is no archive yet" in missing.err
