"""From a page's address to its feeds.

Tried in this order, until one way brings a feed: the address itself, rules for well-known sites, the links of the page
that say they are feeds, those of the page it calls its own address, the usual places. Feeds of comments come last.

One request at a time, each through the guarded fetcher, so that a page cannot send us home; few of them, within a
minute and a half. A host that does not answer, or says that we come too often, is asked no more.

Effects: network, threads for parsing.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from monitor.errors import FetchError, FetchReason, MonitorError, ParseError, ParseReason
from monitor.feeds.fetch import BODY_BYTES_MAX, EXCHANGE_S, HOPS_MAX, Fetcher
from monitor.feeds.guard import Guard
from monitor.feeds.sites import is_comments_feed, known_feeds, typed_addresses, usual_addresses, web_address
from monitor.feeds.webpage import FeedLink, WebPage, read_page
from monitor.model import Fetched, ParsedFeed
from monitor.urls import shown_url

REQUESTS_MAX = 50
"""Pages and feeds asked for in one discovery: two pages, a section's and the root's usual places, and some links.

Redirects are not counted."""
LINKS_MAX = 20
"""Links of one page that are looked at; the first of a page are the most general."""
NOTES_MAX = 5
"""Links that are no feed and are told one by one when nothing is found."""
LINK_HOPS_MAX = 5
"""Redirects followed to a feed; to the usual places none, for what is not there often leads to the front page."""
WHOLE_S = 90.0
"""For all of it: a person is waiting. Enough for a page and a link that each take the whole of an exchange."""

Parse = Callable[[bytes, str, str | None], ParsedFeed]
"""Body, address, charset to a feed; raises ParseError. It is called in a thread and may block."""

OTHER_SCHEME = {FetchReason.CONNECT, FetchReason.TLS, FetchReason.TIMEOUT, FetchReason.PROTOCOL}
"""After these, http is tried where a person wrote no scheme."""
_UNREACHABLE = {
    FetchReason.DNS,
    FetchReason.CONNECT,
    FetchReason.TLS,
    FetchReason.REFUSED_ADDRESS,
}
"""After these a host is asked no more, unless it answered before: then a redirect led to one that does not."""
_LEFT_ALONE = {FetchReason.TIMEOUT, FetchReason.RATE_LIMITED}
"""After these in any case."""


class FoundBy(StrEnum):
    """Which way led to a feed."""

    ITSELF = "itself"
    SITE = "site"
    LINK = "link"
    CANONICAL = "canonical"
    PROBE = "probe"


class FoundFeed(Struct, frozen=True):
    """A feed that was fetched and parsed."""

    url: str
    """As it is linked or typed: the address to poll."""
    found_by: FoundBy
    parsed: ParsedFeed
    is_comments: bool = False

    @property
    def newest(self) -> datetime | None:
        """When its newest entry was published; None where no entry says."""
        return max(filter(None, (entry.published or entry.updated for entry in self.parsed.entries)), default=None)


async def discover(
    typed: str, fetcher: Fetcher, parse: Parse, *, requests_max: int = REQUESTS_MAX, whole_s: float = WHOLE_S
) -> tuple[FoundFeed, ...]:
    """The feeds of the page at an address, typed with or without a scheme, best first; at least one.

    Feeds of comments are there only when there is no other. Raises MonitorError, which says what was tried and what to
    do, when there is none; FetchError when the address itself brought nothing and nothing else could be tried.
    """
    walk = _Walk(fetcher, parse, requests_max)
    try:
        async with asyncio.timeout(whole_s):
            await walk.go(typed)
    except TimeoutError:
        walk.notes.append(f"after {whole_s:g} s it was given up")
    except _SpentError:
        walk.notes.append(f"after {requests_max} requests it was given up")
    if walk.found:
        # Feeds without entries last: of two, a person means the one that says something.
        return tuple(sorted(walk.found, key=lambda feed: not feed.parsed.entries))
    raise walk.failure(typed)


class _SpentError(Exception):
    """As many requests as are allowed were made."""


class _Walk:
    """One discovery under way: what was found so far, and what was tried in vain."""

    def __init__(self, fetcher: Fetcher, parse: Parse, requests_max: int) -> None:
        self.found: list[FoundFeed] = []
        self.notes: list[str] = []
        """What was tried, in words."""
        self._fetcher = fetcher
        self._parse = parse
        self._requests_left = requests_max
        self._seen: set[str] = set()
        self._finals: set[str] = set()
        self._closed: set[str] = set()
        """Origins that are asked no more."""
        self._answered: set[str] = set()
        self._comments: list[FoundFeed] = []
        self._comment_links: list[FeedLink] = []
        self._page_error: FetchError | None = None
        self._page_fault = ""
        """Why the body at the address is no feed, where it is no web page either."""
        self._probed: Counter[str] = Counter()
        self._has_tried_more = False

    async def go(self, typed: str) -> None:
        """All the ways, one after the other, until one brings a feed."""
        url, page = await self._open_typed(typed)
        if page is not None and await self._keep(url, page, FoundBy.ITSELF):
            return
        final = page.final_url if page is not None else url
        if await self._look(dict.fromkeys([*known_feeds(url), *known_feeds(final)]), FoundBy.SITE):
            return
        if page is not None and await self._look_into(page):
            return
        if await self._probe(final):
            return
        await self._look((link.url for link in self._comment_links), FoundBy.LINK)
        self.found += self._comments[:LINKS_MAX]

    async def _open_typed(self, typed: str) -> tuple[str, Fetched | None]:
        """The first spelling of the address that answers. Keeps the error of the last when none does."""
        for address in typed_addresses(typed):
            url = web_address(address) or address  # what is refused is for the guard to refuse, in its words
            self._seen.add(url)
            page = await self._fetch(url, HOPS_MAX)
            if isinstance(page, Fetched):
                self._page_error = None
                return url, page
            self._page_error = page
            if page.reason not in OTHER_SCHEME:
                break
        return url, None

    async def _look_into(self, fetched: Fetched) -> bool:
        """The links of the page, then of the page that it calls its own."""
        page = read_page(fetched.body, fetched.final_url, fetched.charset)
        if await self._look_at_links(page, FoundBy.LINK, "it"):
            return True
        canonical = page.canonical
        if not canonical or canonical in self._seen or canonical == fetched.final_url:
            return False
        if await self._look(known_feeds(canonical), FoundBy.CANONICAL):
            return True
        self._seen.add(canonical)
        other = await self._fetch(canonical, LINK_HOPS_MAX)
        if not isinstance(other, Fetched):
            self.notes.append(f"its canonical address {shown_url(canonical)}: {other.what}")
            return False
        if await self._keep(canonical, other, FoundBy.CANONICAL):
            return True
        return await self._look_at_links(
            read_page(other.body, other.final_url, other.charset),
            FoundBy.CANONICAL,
            f"its canonical address {shown_url(canonical)}",
        )

    async def _look_at_links(self, page: WebPage, found_by: FoundBy, named: str) -> bool:
        if page.is_wall:
            self.notes.append(f'a wall against robots ("{page.title[:60]}") stands before the page')
            return False
        self._comment_links += [link for link in page.links if is_comments_feed(link.url, link.title)]
        links = [link for link in page.links if link not in self._comment_links]
        for is_vague in (False, True):
            if await self._look((link.url for link in links if link.is_vague is is_vague), found_by):
                return True
        count = len(page.links)
        said = f"{count} links of which none is a feed" if count > 1 else "one link, which is no feed"
        page_said = f"{named} is a web page with {said if count else 'no link to a feed'}"
        self.notes.append(self._page_fault if self._page_fault and not count else page_said)
        return False

    async def _look(self, urls: Iterable[str], found_by: FoundBy) -> bool:
        """Fetch and parse each; whether one at least is a feed."""
        is_found = False
        for url in [url for url in urls if url not in self._seen][:LINKS_MAX]:
            self._seen.add(url)
            self._has_tried_more = True
            answer = await self._fetch(url, LINK_HOPS_MAX)
            if isinstance(answer, Fetched):
                is_found = await self._keep(url, answer, found_by) or is_found
            elif len(self.notes) < NOTES_MAX:
                self.notes.append(f"{shown_url(url)}: {answer.what}")
        return is_found

    async def _probe(self, page_url: str) -> bool:
        """The usual places, until one of them is a feed. A host that puts up a wall once more is left alone."""
        for place in map(web_address, usual_addresses(page_url) if web_address(page_url) else ()):
            if place in self._seen or not place or _origin(place) in self._closed:
                continue
            self._seen.add(place)
            self._has_tried_more = True
            answer = await self._fetch(place, 0)
            if isinstance(answer, Fetched):
                if await self._keep(place, answer, FoundBy.PROBE):
                    return True
                self._probed["no feed"] += 1
            else:
                is_walled = answer.reason is FetchReason.CHALLENGE
                self._probed["behind a wall" if is_walled else str(answer.status or answer.reason.value)] += 1
                if is_walled:
                    self._closed.add(_origin(place))
        return False

    async def _fetch(self, url: str, hops_max: int) -> Fetched | FetchError:
        origin = _origin(url)
        if origin in self._closed:
            return FetchError(
                "not asked: its host does not answer or wants to be left alone", reason=FetchReason.CONNECT
            )
        if self._requests_left <= 0:
            raise _SpentError
        self._requests_left -= 1
        try:
            answer = await self._fetcher.fetch(url, hops_max=hops_max)
        except FetchError as error:
            if error.status is not None:
                self._answered.add(origin)
            if error.reason in _LEFT_ALONE or (error.reason in _UNREACHABLE and origin not in self._answered):
                self._closed.add(origin)
            return error
        self._answered.add(origin)
        if isinstance(answer, Fetched):
            return answer
        return FetchError("410: the server says it is gone for good", reason=FetchReason.STATUS, status=410)

    async def _keep(self, url: str, answer: Fetched, found_by: FoundBy) -> bool:
        """Whether the body is a feed that counts; one of comments is put aside."""
        try:
            parsed = await asyncio.to_thread(self._parse, answer.body, answer.final_url, answer.charset)
        except ParseError as error:
            if found_by is FoundBy.ITSELF and error.reason is not ParseReason.HTML:
                self._page_fault = error.what
            return False
        if answer.final_url in self._finals:
            return False  # two links to one feed
        self._finals.add(answer.final_url)
        # Who gives the very address of such a feed wants it.
        is_comments = found_by is not FoundBy.ITSELF and is_comments_feed(url, parsed.title)
        (self._comments if is_comments else self.found).append(FoundFeed(url, found_by, parsed, is_comments))
        return not is_comments

    def failure(self, typed: str) -> MonitorError:
        """Why there is nothing, in words."""
        if self._page_error is not None and not self._has_tried_more:
            return self._page_error
        tried = [self._page_error.what] if self._page_error is not None else []
        tried += self.notes
        if self._probed:
            said = ", ".join(f"{count} {what}" for what, count in self._probed.most_common())
            tried.append(f"of the usual places such as feed/ and rss.xml none is a feed ({said})")
        if self._closed:
            tried.append(f"not asked further: {', '.join(sorted(self._closed))}")
        remedy = "Look in a browser for a link called RSS or Feed, and give its address: monitor feeds add ADDRESS."
        host = _origin(typed_addresses(typed)[0]).rpartition("/")[2].removeprefix("www.")
        if re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", host):
            search = f"https://news.google.com/rss/search?q=site:{host}+when:1d"
            remedy += f" Where there is none, a news search may do: monitor feeds add '{search}'"
        return MonitorError(f"no feed was found: {'; '.join(tried)}", where=shown_url(typed), remedy=remedy)


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}"


def discover_once(
    typed: str,
    guard: Guard,
    parse: Parse,
    *,
    body_bytes_max: int = BODY_BYTES_MAX,
    exchange_s: float = EXCHANGE_S,
    whole_s: float = WHOLE_S,
) -> tuple[FoundFeed, ...]:
    """One discovery by itself, for the commands and the page; blocks. Raises as `discover` does."""

    async def work() -> tuple[FoundFeed, ...]:
        fetcher = Fetcher(guard, concurrency=1, body_bytes_max=body_bytes_max, exchange_s=exchange_s)
        try:
            return await discover(typed, fetcher, parse, whole_s=whole_s)
        finally:
            await fetcher.close()

    return asyncio.run(work())
