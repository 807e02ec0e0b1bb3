"""What fetches feeds and pages, as the configuration at the start asks for it.

Effects: network, by what it builds.
"""

from collections.abc import Callable

from monitor.config.load import Loaded
from monitor.feeds.fetch import Fetcher, user_agent
from monitor.feeds.guard import Guard
from monitor.pipeline.pages import ACCEPT, PAGE_BYTES_MAX, PAGE_S
from monitor.pipeline.visitor import HostLimit
from monitor.urls import host_of

PUBLIC_HOST_SPACING_S = 1.0
"""Between two visits to one public host; hosts of one's own network need none."""


def build_fetcher(loaded: Loaded, guard: Guard) -> Fetcher:
    """For feeds."""
    polling = loaded.settings.polling
    return Fetcher(
        guard,
        user_agent=user_agent(polling.user_agent_contact),
        concurrency=polling.concurrency,
        body_bytes_max=polling.body_bytes_max,
        exchange_s=polling.timeout_s,
    )


def build_page_fetcher(loaded: Loaded, guard: Guard) -> Fetcher:
    """For pages, which have other bounds than feeds, and any feed may link anywhere.

    So of one's own network only those hosts are open to pages that have a configured feed themselves.
    """
    polling = loaded.settings.polling
    hosts = {host_of(feed.url) for feed in loaded.feeds}
    return Fetcher(
        Guard(sorted(host for host in hosts if guard.allows_name(host))),
        user_agent=user_agent(polling.user_agent_contact),
        concurrency=polling.concurrency,
        body_bytes_max=PAGE_BYTES_MAX,
        exchange_s=PAGE_S,
        accept=ACCEPT,
    )


def limits_of(loaded: Callable[[], Loaded], guard: Guard) -> Callable[[str], HostLimit]:
    """How each host is treated, by the configuration in force."""

    def limit_of(host: str) -> HostLimit:
        polling = loaded().settings.polling
        if guard.allows_name(host):
            return HostLimit(polling.concurrency, 0.0)
        return HostLimit(polling.per_host, PUBLIC_HOST_SPACING_S)

    return limit_of
