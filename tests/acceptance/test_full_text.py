"""Full text: a teaser that says nothing of the topic, and a page that does."""

from monitor.feeds.replay import Replay, serve_recorded
from tests.acceptance.given import CONSOLE, FERRIES, TELL
from tests.acceptance.news import Written, write_rss
from tests.acceptance.program import Place
from tests.feeds.pages import BODY, article_page

PAGE = article_page(BODY + "\nA hydrofoil is to bring the families home tomorrow.").encode()


def configure(place: Place, replay: Replay) -> str:
    """A feed of one teaser that leads to the page; returns the page's address."""
    link = replay.url_of("/page.html")
    replay.replace("/wire.xml", write_rss("Wire", [Written("Families wait at the pier", "The storm goes on.", link)]))
    place.configure({"Wire": replay.url_of("/wire.xml")}, FERRIES + CONSOLE, polling=f'{TELL}\nfull_text = "all"')
    return link


def test_an_article_is_told_once_by_what_its_page_says(place: Place) -> None:
    """One cycle reads feed and page and tells it; the next tells nothing; explain says where the words stood."""
    with serve_recorded({"/wire.xml": b"", "/page.html": PAGE}) as replay:
        link = configure(place, replay)
        first = place.once()
        again = place.once()
        asked = [request.path for request in replay.requests]
    shown = place.run("explain", link)

    assert [(d["channel"], d["stories"], d["state"]) for d in first.deliveries] == [("console", 1, "sent")]
    assert "*hydrofoil*" in first.err
    assert again.deliveries == []
    assert asked.count("/page.html") == 1
    assert "characters by its paragraphs" in shown.out
    assert "ferries: matched when it came" in shown.out
    assert "would not match" not in shown.out
