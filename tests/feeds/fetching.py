"""A scripted server on loopback, and fetches from it with small bounds."""

import asyncio

import pytest

from monitor.errors import FetchError
from monitor.feeds.fetch import Fetcher
from monitor.feeds.guard import Guard
from monitor.model import Fetched, Gone, NotModified

FEED = b"<rss version='2.0'><channel><title>News</title></channel></rss>"
OWN = ["127.0.0.0/8"]


def fetch(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    headers: dict[str, str] | None = None,
    exchange_s: float = 5.0,
    bytes_max: int = 200_000,
    guard: Guard | None = None,
    times: int = 1,
    proxy: str = "",
) -> Fetched | NotModified | Gone:
    """Fetch with small bounds; `times` over one client, the last answer counts."""

    async def work() -> Fetched | NotModified | Gone:
        fetcher = Fetcher(guard or Guard(OWN), exchange_s=exchange_s, body_bytes_max=bytes_max, user_agent="test/1")
        try:
            for _ in range(times - 1):
                await fetcher.fetch(url)
            return await fetcher.fetch(url, etag=etag, last_modified=last_modified, headers=headers, proxy=proxy)
        finally:
            await fetcher.close()

    return asyncio.run(work())


def failure(url: str, **bounds: float) -> FetchError:
    """The error of a fetch that must fail."""
    with pytest.raises(FetchError) as caught:
        fetch(url, **bounds)  # type: ignore[arg-type]  # bounds of `fetch`
    return caught.value
