"""The way in, and the page of a closed site, in a real browser: both widths, both schemes."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from tests.web.browser import SIZES, find_barriers, is_wider_than_its_window, listening, photograph, takes_pictures
from tests.web.guarded import DESK_TOKEN, TOKENS, guarded
from tests.web.newsroom import Newsroom

LOOKS = (("phone", "dark"), ("desk", "light"), ("phone", "light"), ("desk", "dark"))


@contextmanager
def at_the_door(browser: Browser, size: str, scheme: str) -> Iterator[Page]:
    """A tab that may be refused: a browser logs each answer of 401 and 403 as an error."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()


def judge(page: Page, name: str) -> None:
    """No barrier, and nothing wider than the window; a picture, where one is wanted."""
    photograph(page, name)
    assert find_barriers(page) == [], name
    assert not is_wider_than_its_window(page), name


def test_the_way_in_can_be_used_by_everybody(newsroom: Newsroom, browser: Browser) -> None:
    """Where a token is typed, what is said of a wrong one, and, where none is set, how to set one."""
    looks = LOOKS if takes_pictures() else LOOKS[:2]
    with guarded(newsroom) as site, listening(site.client.app) as address:
        for size, scheme in looks:
            site.configure(TOKENS)
            with at_the_door(browser, size, scheme) as page:
                page.goto(f"{address}/topics")
                assert page.locator("#token").evaluate("one => one === document.activeElement")
                judge(page, f"sign-in-{size}-{scheme}")
                page.keyboard.type("no token of ours")
                page.keyboard.press("Enter")
                page.wait_for_selector("#fault")
                judge(page, f"sign-in-wrong-{size}-{scheme}")
                page.keyboard.type(DESK_TOKEN)
                page.keyboard.press("Enter")
                page.wait_for_url("**/topics")
            site.configure("")
            with at_the_door(browser, size, scheme) as page:
                page.goto(f"{address}/")
                assert "[web.tokens.desk]" in page.locator("main").inner_text()
                judge(page, f"closed-{size}-{scheme}")
