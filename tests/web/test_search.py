"""The archive's page: what is found, what is said of a faulty query, and a search made a topic."""

import tomllib

import pytest

from tests.web.newsroom import WATCHLIST, Newsroom

SEIZED = "tanker AND seized"


def test_hits_come_with_their_words_marked(shown_newsroom: Newsroom) -> None:
    """The query is echoed as it is understood."""
    page = shown_newsroom.client.get("/search", params={"q": SEIZED}).text
    assert page.count('class="hit"') == 8
    assert "<mark>Tanker</mark>" in page
    assert "<code>tanker AND seized</code>" in page


def test_a_faulty_query_is_marked_where_it_is_faulty(shown_newsroom: Newsroom) -> None:
    """Below the query, with what to write; and for programs the column."""
    page = shown_newsroom.client.get("/search", params={"q": "tanker AND (seized"}).text
    assert "column 12" in page
    assert "is not closed" in page
    answer = shown_newsroom.client.get("/api/v1/search", params={"q": "tanker AND (seized"})
    assert answer.status_code == 400
    assert answer.json()["where"] == "column 12"
    page = shown_newsroom.client.get("/search", params={"q": SEIZED, "feed": "Valley Pots"}).text
    assert "Did you mean" in page
    assert 'class="hit"' not in page


def test_pages_of_hits_hold_each_once(shown_newsroom: Newsroom) -> None:
    """The newest first; by feed and time too."""
    client = shown_newsroom.client
    seen, after = [], None
    while True:
        found = client.get("/api/v1/search", params={"q": SEIZED, "limit": 3} | ({"after": after} if after else {}))
        seen += [one["article"] for one in found.json()["items"]]
        after = found.json()["next"]
        if after is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 8
    day = client.get("/api/v1/search", params={"q": SEIZED, "since": "24h"}).json()["items"]
    assert [one["article"] for one in day] == seen[: len(day)]
    assert 0 < len(day) < 8
    assert len(client.get("/api/v1/search", params={"q": SEIZED, "feed": "Valley Post"}).json()["items"]) == 8
    assert client.get("/api/v1/search", params={"q": SEIZED, "feed": "Gulf Wire"}).json()["items"] == []


@pytest.mark.parametrize(
    "given",
    [{"q": " "}, {"q": "x", "feed": "Nobody"}, {"q": "x", "since": "soon"}, {"q": "x", "after": "-1"}, {"q": "NOT x"}],
)
def test_what_cannot_be_asked_is_said(shown_newsroom: Newsroom, given: dict[str, str]) -> None:
    """As JSON with a remedy."""
    answer = shown_newsroom.client.get("/api/v1/search", params=given)
    assert answer.status_code == 400
    assert answer.json()["remedy"]


def test_a_search_becomes_a_topic(newsroom: Newsroom) -> None:
    """What it would bring is shown first; then it stands in the file with its author, every other byte as it was."""
    client = newsroom.client
    page = client.get("/search/topic", params={"q": SEIZED}).text
    assert "stories a day" in page
    assert "<mark>Tanker</mark>" in page
    form = {"csrf": newsroom.csrf(), "q": SEIZED, "name": "Seized tankers", "channel": "console", "schedule": "now"}
    done = client.post("/search/topic", data=form)
    assert "Written to the watchlist" in done.text
    text = (newsroom.folder / "watchlist.toml").read_text(encoding="utf-8")
    assert text.startswith(WATCHLIST)
    topic = tomllib.loads(text)["topics"]["seized-tankers"]
    assert topic == {"name": "Seized tankers", "query": SEIZED, "channels": ["console"], "schedule": "now"}
    newsroom.watcher.look()
    assert client.post("/search/topic", data=form).status_code == 400
    added = client.post("/api/v1/topics", json={"name": "Market news", "channels": ["console"]})
    assert added.json() == {"key": "market-news"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "a name has"),
        ("name", "River floods", "already"),
        ("key", "Not A Key", "a key holds"),
        ("key", "floods", "already"),
        ("channel", "nowhere", "no such channel"),
        ("schedule", "sometimes", "schedule"),
    ],
)
def test_a_topic_that_cannot_be_is_refused_beside_its_form(
    shown_newsroom: Newsroom, field: str, value: str, said: str
) -> None:
    """What was typed stays, and nothing is written."""
    form = {"q": SEIZED, "name": "Seized", "key": "seized", "channel": "console", "schedule": "now"} | {field: value}
    answer = shown_newsroom.client.post("/search/topic", data={"csrf": shown_newsroom.csrf(), **form})
    assert answer.status_code == 400
    assert said in answer.text.lower()
    assert (shown_newsroom.folder / "watchlist.toml").read_text(encoding="utf-8") == WATCHLIST
