"""The topic's page in a real browser: levels tried, a story marked."""

from playwright.sync_api import Browser, expect

from tests.web.browser import opened, served
from tests.web.newsroom import Newsroom


def test_a_level_is_tried_and_a_story_marked(newsroom: Newsroom, browser: Browser) -> None:
    """Choosing a level shows at once what it would change, and the way to make it so; without script too."""
    with served(newsroom) as address:
        with opened(browser, "desk") as page:
            page.goto(f"{address}/topics/floods")
            page.get_by_role("radio", name="strict").check()
            expect(page.locator("#level-answer")).to_contain_text("At strict")
            expect(page.locator("svg .threshold.chosen")).to_have_attribute("data-level", "strict")
            make = page.get_by_role("link", name="Make it so")
            assert make.get_attribute("href") == "/watchlist?topic=floods&level=strict"
            page.locator("article.story").first.get_by_role("button", name="Useful").click()
            expect(page.get_by_role("status")).to_contain_text("Marked as useful")
            expect(page.locator("button[aria-pressed=true]")).to_have_count(1)
            page.goto(f"{address}/topics/floods/preview?medium=mail")
            expect(page.frame_locator("iframe.mail").locator("body")).to_contain_text("River floods")
        with opened(browser, "phone", script=False) as page:
            page.goto(f"{address}/topics/floods")
            page.get_by_role("radio", name="strict").check()
            page.get_by_role("button", name="See what would come and go").click()
            assert page.locator(".looked .lead").inner_text().startswith("At strict")
