"""The watchlist in a real browser: a fault marks its line while one types, the plan appears, what is applied counts."""

import threading

from playwright.sync_api import Browser, Page

from monitor.edits import Edits
from tests.web.browser import find_barriers, is_wider_than_its_window, opened, photograph, served
from tests.web.newsroom import WATCHLIST, Newsroom

WAIT_MS = 15_000
MARKETS = """
# Asked for by the business desk.
[topics.markets]
name = "Valley markets"
also = ["market"]
schedule = "daily 07:30"
"""


def type_instead(page: Page, what: str, into: str) -> None:
    """As a person does: choose the words, and type others."""
    at = page.evaluate("what => document.getElementById('text').value.indexOf(what)", what)
    page.evaluate("([a, b]) => document.getElementById('text').setSelectionRange(a, b)", [at, at + len(what)])
    page.locator("#text").press_sequentially(into)


def take(room: Newsroom) -> None:
    """What the daemon does each second."""
    edits = Edits(room.app, room.watcher, lambda loaded: None)
    edits.look()
    edits.look()


def in_thread(room: Newsroom) -> None:
    """The same beside a browser, which has this thread's loop."""
    thread = threading.Thread(target=take, args=(room,))
    thread.start()
    thread.join()


def test_the_watchlist_is_edited_applied_and_taken_back(newsroom: Newsroom, browser: Browser) -> None:
    """From a typing mistake to the history and back, as a person does it."""
    with served(newsroom) as address, opened(browser) as page:
        page.goto(f"{address}/watchlist")
        page.wait_for_selector(".gutter pre")
        type_instead(page, '"broad"', '"brode"')
        page.wait_for_selector(".gutter b", timeout=WAIT_MS)
        assert page.locator(".gutter b").inner_text() == "24"
        assert "Did you mean" in page.locator("#outcome").inner_text()
        photograph(page, "watchlist-fault-desk-light")
        assert find_barriers(page) == []
        page.locator("a[data-goto]").click()
        type_instead(page, '"brode"', '"strict"')
        page.locator("#text").press("Control+End")
        page.locator("#text").press_sequentially(MARKETS)
        page.wait_for_selector(".touched >> nth=1", timeout=WAIT_MS)
        assert "Valley markets" in page.locator("#outcome").inner_text()
        assert page.locator(".gutter b").count() == 0
        page.locator("#outcome summary").first.click()
        photograph(page, "watchlist-plan-desk-light")
        assert find_barriers(page) == []
        page.fill("#note", "too much rain")
        page.get_by_role("button", name="Apply as a revision").click()
        page.wait_for_selector("[data-state=coming]")
        in_thread(newsroom)
        page.wait_for_selector("[data-state='in force']", timeout=WAIT_MS)
        page.get_by_role("link", name="History", exact=True).click()
        assert "too much rain" in page.locator("tbody tr").first.inner_text()
        page.locator("tbody tr").first.get_by_role("link").click()
        photograph(page, "watchlist-revision-desk-light")
        assert find_barriers(page) == []
        page.get_by_role("link", name="← Revision").click()
        page.get_by_role("link", name="Go back to this watchlist").click()
        assert "A proposal." in page.locator("main").inner_text()
        page.get_by_role("button", name="Apply as a revision").click()
        page.wait_for_selector(".done")
        assert (newsroom.folder / "watchlist.toml").read_text(encoding="utf-8") == WATCHLIST


def test_it_can_be_edited_without_script(newsroom: Newsroom, browser: Browser) -> None:
    """A button asks for the plan, faults are listed with their lines quoted, and what was typed stays."""
    with served(newsroom) as address, opened(browser, "phone", "dark", script=False) as page:
        page.goto(f"{address}/watchlist")
        page.fill("#text", WATCHLIST.replace('"broad"', '"brode"'))
        page.get_by_role("button", name="Check and plan").click()
        assert 'level = "brode"' in page.locator("#outcome").inner_text()
        assert '"brode"' in page.input_value("#text")
        photograph(page, "watchlist-fault-phone-dark")
        assert not is_wider_than_its_window(page)
        page.fill("#text", WATCHLIST.replace('"broad"', '"strict"'))
        page.get_by_role("button", name="Check and plan").click()
        assert "River floods" in page.locator("#outcome").inner_text()
        photograph(page, "watchlist-plan-phone-dark")
        page.get_by_role("button", name="Apply as a revision").click()
        assert "It comes in force within seconds" in page.locator("main").inner_text()
