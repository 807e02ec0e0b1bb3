"""A real browser at a real listener: what only a browser can tell."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.types import ASGIApp

from monitor.reception import answers_of, desk_of
from monitor.web.app import Web
from monitor.web.site import build_site
from tests.web.newsroom import Newsroom

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
SIZES = {"phone": PHONE, "desk": DESK}
SCHEMES = ("light", "dark")
RULES = "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"
"""What axe-core looks at, https://www.deque.com/axe/core-documentation/api-documentation/#axecore-tags"""


def chromium_path() -> str | None:
    """The browser that is installed, or None."""
    named = os.environ.get("MONITOR_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    """The browser, without a window; it reaches nothing but loopback in these tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(room: Newsroom) -> Iterator[str]:
    """The newsroom's site, as `listening` has it; its address."""
    answers = answers_of(room.app, lambda: (True, {"healthy": True}), room.watcher)
    with listening(build_site(answers, "127.0.0.1", desk_of(room.app, room.watcher))) as address:
        yield address


@contextmanager
def listening(site: ASGIApp) -> Iterator[str]:
    """A site on a port of loopback, in a thread of its own; its address."""
    web = Web(site, "127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(web.serve()))
    thread.start()
    try:
        yield "http://{}:{}".format(*web.address)
    finally:
        web.stop()
        thread.join(10)


@contextmanager
def opened(browser: Browser, size: str = "desk", scheme: str = "light", *, script: bool = True) -> Iterator[Page]:
    """An empty tab of that size and scheme. What a page logs as an error, or loads from elsewhere, fails the test."""
    context = browser.new_context(
        viewport=SIZES[size],  # type: ignore[arg-type]  # a plain dict is what it wants
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        locale="en-GB",
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(f"a dialog opened: {dialog.message}"))
    page.on(
        "request",
        lambda request: None if "//127.0.0.1:" in request.url else faults.append(f"it asked for {request.url}"),
    )
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


def find_barriers(page: Page) -> list[str]:
    """What axe-core finds against people who do not see, or use no mouse; empty when all is well."""
    found = Axe().run(page, options={"runOnly": list(RULES)})
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found.response["violations"]
    ]


def is_wider_than_its_window(page: Page) -> bool:
    """Whether one has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def takes_pictures() -> bool:
    """Whether somebody wants to look at the pages."""
    return bool(os.environ.get("MONITOR_PICTURES"))


def photograph(page: Page, name: str) -> None:
    """Keep a picture of the whole page in $MONITOR_PICTURES, where that is set."""
    folder = os.environ.get("MONITOR_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
