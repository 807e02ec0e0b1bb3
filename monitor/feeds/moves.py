"""When a feed that redirects for good is fetched at its new address.

A permanent redirect is believed only after a while: routers in hotels and broken deployments send them too, and a
feed that follows the first one is lost. The configured address stays the feed's name; only where it is fetched
changes, and it returns there when the new address fails.

Effects: none.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec.structs import replace

from monitor.model import FeedState

CONFIRMED_COUNT = 3
CONFIRMED_AFTER = timedelta(hours=24)
"""Seen three times over a day at least: no outage of a router lasts as long without being noticed."""
RETURN_FAILURES = 3
"""Failures in a row at a new address after which the configured one is asked again."""


def note_move(url: str, state: FeedState, permanent_url: str | None, now: datetime, *, has_secret: bool) -> FeedState:
    """The state after a visit that brought a feed, or word that it did not change.

    `permanent_url` is where permanent redirects led from the address that was fetched. The move from http to https of
    the same address counts at once. A feed with a secret never moves to another server by itself: the secret would not
    go there, and a person has to say that it may.
    """
    if permanent_url is None:
        return state if state.moved_to is None else _forget(state)
    if permanent_url == url:
        return replace(_forget(state), address=None)  # sent back to where it came from
    if is_upgrade(state.address or url, permanent_url):
        return replace(_forget(state), address=permanent_url)
    if has_secret and not may_carry_secrets(url, permanent_url):
        return _forget(state)
    if permanent_url != state.moved_to or state.moved_since is None:
        return replace(state, moved_to=permanent_url, moved_count=1, moved_since=now)
    count = state.moved_count + 1
    if count >= CONFIRMED_COUNT and now - state.moved_since >= CONFIRMED_AFTER:
        return replace(_forget(state), address=permanent_url)
    return replace(state, moved_count=count)


def note_failure(state: FeedState) -> FeedState:
    """The state after a visit that failed: a new address that keeps failing is given up, with what was known of it."""
    if state.address is None or state.fail_count < RETURN_FAILURES:
        return state
    return replace(_forget(state), address=None, etag=None, last_modified=None, validators_at=None)


def is_upgrade(url: str, other: str) -> bool:
    """Whether `other` is the same address over https."""
    return url.startswith("http://") and other == f"https://{url[len('http://') :]}"


def may_carry_secrets(url: str, address: str) -> bool:
    """Whether what was configured for `url` may be sent to `address`: to the same server, or to it over https."""
    ours, theirs = urlsplit(url), urlsplit(address)
    if (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc):
        return True
    return (ours.scheme, theirs.scheme) == ("http", "https") and ours.netloc == theirs.netloc


def _forget(state: FeedState) -> FeedState:
    return replace(state, moved_to=None, moved_count=0, moved_since=None)
