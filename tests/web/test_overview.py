"""The first page, and what every page has in common."""

from datetime import timedelta

from playwright.sync_api import Browser

from monitor.model import MuteKind
from tests.web.browser import served
from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS


def test_the_overview_says_how_things_stand(shown_newsroom: Newsroom) -> None:
    """One sentence with the age of the last beat, then topics, feeds, channels and the configuration in force."""
    page = shown_newsroom.client.get("/")
    assert page.status_code == 200
    assert "<h1>1 feed fails, all else is well</h1>" in page.text
    for words in ("The daemon beat ", "Hostage negotiations", "every 1h", "6 feeds", "Delta Herald", "archive"):
        assert words in page.text
    for href in ("/topics/gulf-shipping", "/deliveries?channel=archive", "/watchlist", "/feeds"):
        assert f'href="{href}' in page.text
    answer = shown_newsroom.client.get("/api/v1/overview").json()
    assert (answer["feeds"], answer["is_watched"], answer["needs"]) == (6, True, [])
    [hostages, *_] = answer["topics"]
    assert (hostages["topic"], hostages["last_24h"], hostages["usual"]) == ("hostage-negotiations", 5, None)
    assert len(hostages["by_day"]) == 15
    assert answer["feed_troubles"][0]["kind"] == "fails"
    assert answer["config"]["author"] == "file"


def test_what_needs_a_person_comes_first(newsroom: Newsroom) -> None:
    """With its remedy, since when, whether the operator was told, and the page on which it is seen to."""
    now = newsroom.clock.now()
    with newsroom.app.store.write() as tx:
        tx.notices.raise_("disk", "The disk is nearly full.", "Make room.", "", now - timedelta(hours=2))
        tx.notices.tell(["disk"], now - timedelta(hours=1))
        tx.mutes.add(MuteKind.TOPIC, "floods", until=now + timedelta(days=1), now=now, by="cli:anna", reason="dull")
    watchlist = newsroom.folder / "watchlist.toml"
    watchlist.write_text(watchlist.read_text(encoding="utf-8").replace('"every 6h"', '"now and then"'))
    newsroom.watcher.force()
    newsroom.watcher.look()
    page = newsroom.client.get("/").text
    assert "<h1>2 things need a person</h1>" in page
    assert (
        page.index("the configuration before stays in force")
        < page.index("The disk is nearly full")
        < page.index("Topics</h2>")
    )
    for words in ("now and then", "operator told", "operator not told yet", "Make room.", "muted until", "cli:anna"):
        assert words in page
    newsroom.clock.forward(minutes=5)
    assert "<h1>Nobody is watching</h1>" in newsroom.client.get("/").text
    assert "daemon" in [one["key"] for one in newsroom.client.get("/api/v1/overview").json()["needs"]]


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


def test_the_overview_renews_itself(newsroom: Newsroom, browser: Browser) -> None:
    """Without a reload, and not while somebody is in the middle of it; it says when nobody answers."""
    with served(newsroom) as address:
        page = browser.new_page()
        page.goto(address)
        look = "document.dispatchEvent(new Event('visibilitychange'))"
        with newsroom.app.store.write() as tx:
            tx.notices.raise_("disk", "The disk is nearly full.", "Make room.", "", newsroom.clock.now())
        page.evaluate(look)
        page.wait_for_selector("main[data-renewed]")
        assert page.locator("h1").inner_text() == "1 thing needs a person"
        assert page.title().startswith("1 thing needs a person")
        page.evaluate("delete document.getElementById('main').dataset.renewed")
        page.locator("main a").first.focus()
        page.evaluate(look)
        page.evaluate("document.activeElement.blur()")
        assert page.locator("main[data-renewed]").count() == 0
        page.route("**/*", lambda route: route.abort())
        page.evaluate(look)
        page.wait_for_selector("#stale")
        assert "does not answer" in page.locator("#stale").inner_text()
        page.close()


def test_a_head_is_answered_like_a_get(shown_newsroom: Newsroom) -> None:
    """With the same headers and no body, for who only wants to know whether the page is there."""
    for path in ("/", "/feeds", "/api/v1/overview", "/healthz"):
        answer = shown_newsroom.client.head(path)
        assert answer.status_code == 200, path
        assert answer.content == b""
    assert shown_newsroom.client.head("/nowhere").status_code == 404
