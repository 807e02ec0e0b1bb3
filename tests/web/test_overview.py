"""The first page, and what every page has in common."""

from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS


def test_the_overview_says_how_things_stand(shown_newsroom: Newsroom) -> None:
    """Topics, feeds, and what needs a person."""
    page = shown_newsroom.client.get("/")
    assert page.status_code == 200
    for words in ("Hostage negotiations", "Attacks on Gulf shipping", "every 1h", "6 feeds"):
        assert words in page.text


def test_a_page_is_sent_with_its_guards(shown_newsroom: Newsroom) -> None:
    """No script but our own files, no frame, no sniffing, no cache."""
    headers = shown_newsroom.client.get("/").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_what_feeds_write_is_text(shown_hostile_newsroom: Newsroom) -> None:
    """Nothing of it is markup in the first page."""
    page = shown_hostile_newsroom.client.get("/").text
    for payload in PAYLOADS:
        assert payload not in page


def test_what_is_not_there_is_said_in_words(shown_newsroom: Newsroom) -> None:
    """With a way on; and to programs as JSON."""
    page = shown_newsroom.client.get("/nowhere")
    assert page.status_code == 404
    assert "there is no such page" in page.text.lower()
    answer = shown_newsroom.client.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.json()["what"]


def test_the_api_describes_itself(shown_newsroom: Newsroom) -> None:
    """With the way to each question."""
    described = shown_newsroom.client.get("/api/v1/openapi.json").json()
    assert "/overview" in described["paths"]
    assert shown_newsroom.client.get("/api/v1/overview").json()["feeds"] == 6
