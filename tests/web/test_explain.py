"""The way of one article, on the page and by the API; an article kept as an example."""

import pytest

from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS


def test_an_article_shows_its_whole_way(shown_newsroom: Newsroom) -> None:
    """Found by number, address or headline; its words are marked where they stand, and each step has its sentence."""
    client = shown_newsroom.client
    record = client.get("/api/v1/explain?of=47").json()
    page = client.get("/explain", params={"of": record["url"]}).text
    for words in (
        "<mark",
        "matched",
        "68",
        "by its stem",
        "Opened story 47",
        "first telling",
        "delivery 7",
        "2 topics say no",
    ):
        assert words in page, words
    assert 'href="/stories/47"' in page
    assert record["article"] == 47
    assert record["topics"][0]["matched_when_it_came"] is True
    several = client.get("/explain", params={"of": "hostages talks valley"}).text
    assert 'href="/explain?of=47"' in several
    assert client.get("/api/v1/explain?of=hostages talks valley").json()["likely"][0]["article"] == 78
    empty = client.get("/explain")
    assert "Paste the address" in empty.text
    assert client.get("/api/v1/explain").status_code == 422


def test_what_is_missing_is_said_with_what_its_feeds_did(shown_newsroom: Newsroom) -> None:
    """404, and why it may not be there."""
    client = shown_newsroom.client
    address = "https://outlet1.example/2026/03/12/nobody-brought-it"
    page = client.get("/explain", params={"of": address})
    assert page.status_code == 404
    for words in (
        "is not in the archive",
        "published on 2026-03-12",
        "Feed Harbour Times should have it",
        "Around that day",
    ):
        assert words in page.text, words
    record = client.get("/api/v1/explain", params={"of": address}).json()
    assert record["article"] is None
    assert [feed["feed"] for feed in record["feeds"]] == ["Harbour Times"]
    assert client.get("/explain?of=999999999").status_code == 404


def test_what_feeds_write_is_words_on_the_way_too(shown_hostile_newsroom: Newsroom) -> None:
    """In headline, text, evidence and names of feeds."""
    for number in (1, 30, 47, 60):
        page = shown_hostile_newsroom.client.get(f"/explain?of={number}").text
        for payload in PAYLOADS:
            assert payload not in page
    asked = shown_hostile_newsroom.client.get("/explain", params={"of": PAYLOADS[0]}).text
    assert PAYLOADS[0] not in asked


def test_an_article_is_kept_as_an_example(newsroom: Newsroom) -> None:
    """Where the topic answers it so, by whoever asked; else it is said why, and nothing is written."""
    client = newsroom.client
    page = client.get("/explain?of=47").text
    form = {"csrf": page.partition('name="csrf" value="')[2].partition('"')[0], "article": "47"}
    form |= {"topic": "hostage-negotiations", "side": "must_match"}
    kept = client.post("/explain/keep", data=form)
    assert "It is kept as an example" in kept.text
    watchlist = newsroom.folder / "watchlist.toml"
    assert "Mediators say Elmsgate talks" in watchlist.read_text(encoding="utf-8")
    assert "this comment stays" in watchlist.read_text(encoding="utf-8")
    assert "stands among the examples already" in client.post("/explain/keep", data=form).text
    change = newsroom.watcher.look()
    assert change is not None
    assert change.topics_edited == ("hostage-negotiations",)
    before = watchlist.read_bytes()
    refused = client.post("/explain/keep", data={**form, "topic": "floods"})
    assert refused.status_code == 400
    assert "nothing was written" in refused.text
    assert "put into `also`, will" in refused.text, "no term of the archive is near"
    ask = {"article": 47, "topic": "floods", "side": "must_not_match"}
    answer = client.post("/api/v1/explain/keep", json=ask)
    assert answer.json()["is_new"] is True
    assert watchlist.read_bytes() != before
    for wrong in ({"side": "maybe"}, {"topic": "flods"}, {"article": 10**30}, {"article": 4_000}):
        assert client.post("/api/v1/explain/keep", json={**ask, **wrong}).status_code == 400


@pytest.mark.parametrize("of", ["'", "%", "\x00", "x" * 2_000, "http://", "-1", "٣", "1" * 400])
def test_whatever_is_asked_is_answered(shown_newsroom: Newsroom, of: str) -> None:
    """No fault of ours."""
    assert shown_newsroom.client.get("/explain", params={"of": of}).status_code in (200, 404)
    assert shown_newsroom.client.get("/api/v1/explain", params={"of": of}).status_code == 200
