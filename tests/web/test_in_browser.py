"""Every page in a real browser: at phone and desk width, light and dark, with and without script."""

from playwright.sync_api import Browser

from tests.web.browser import (
    SCHEMES,
    SIZES,
    find_barriers,
    is_wider_than_its_window,
    opened,
    photograph,
    served,
    takes_pictures,
)
from tests.web.newsroom import Newsroom

PAGES = {
    "overview": "/",
    "explain": "/explain?of=47",
    "topics": "/topics",
    "topic": "/topics/hostage-negotiations",
    "topic-query": "/topics/gulf-shipping?show=untold",
    "topic-level": "/topics/hostage-negotiations/level?level=broad",
    "preview-slack": "/topics/hostage-negotiations/preview",
    "preview-mail": "/topics/hostage-negotiations/preview?medium=mail",
    "preview-text": "/topics/hostage-negotiations/preview?medium=text",
    "stories": "/stories",
    "story": "/stories/47?like=talks",
    "feeds": "/feeds",
    "feed": "/feeds/5",
    "feed-fails": "/feeds/6",
    "feed-add": "/feeds/add",
    "search": "/search?q=hostages+near+Doha",
    "search-fault": "/search?q=tanker+AND+%28seized",
    "search-topic": "/search/topic?q=tanker+AND+seized",
    "watchlist": "/watchlist",
    "topic-form": "/watchlist/topics/hostage-negotiations",
    "watchlist-history": "/watchlist/revisions",
    "watchlist-feeds": "/watchlist/feeds",
    "deliveries": "/deliveries",
    "delivery": "/deliveries/13",
}
"""Name of the picture, and the address."""


LOOKS = (("phone", "light"), ("desk", "dark"))
"""What axe-core judges: each size and each scheme once; pictures are taken of all four."""


def test_every_page_can_be_used_by_everybody(newsroom: Newsroom, browser: Browser) -> None:
    """No barrier that axe-core knows, nothing wider than the window, nothing loaded from elsewhere, no error."""
    looks = [(size, scheme) for size in SIZES for scheme in SCHEMES] if takes_pictures() else LOOKS
    with served(newsroom) as address:
        for size, scheme in looks:
            with opened(browser, size, scheme) as page:
                for name, path in PAGES.items():
                    page.goto(address + path)
                    photograph(page, f"{name}-{size}-{scheme}")
                    assert find_barriers(page) == [], (name, size, scheme)
                    assert not is_wider_than_its_window(page), (name, size)


def test_every_page_reads_without_script(newsroom: Newsroom, browser: Browser) -> None:
    """It has its heading and its words."""
    with served(newsroom) as address, opened(browser, "phone", script=False) as page:
        for name, path in PAGES.items():
            page.goto(address + path)
            assert page.locator("h1").inner_text(), name


RUNS = "main script, iframe:not([sandbox]), iframe[sandbox*=script], [onload], [onerror], [onclick], [onfocus]"
"""What could run something. A mail is shown in a frame of its own, in which nothing does."""


def test_what_feeds_write_runs_nowhere(hostile_newsroom: Newsroom, browser: Browser) -> None:
    """Not one of the payloads opens a dialog or is refused by the browser: they are words."""
    with served(hostile_newsroom) as address, opened(browser) as page:
        for path in PAGES.values():
            page.goto(address + path)
            assert page.locator(RUNS).count() == 0, path
