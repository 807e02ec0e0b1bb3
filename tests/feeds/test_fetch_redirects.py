"""Redirects are followed to their end, and nowhere they should not lead; a proxy is no way round that."""

import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.fetch import HOPS_MAX
from monitor.feeds.guard import Guard
from monitor.model import Fetched
from tests.fakes.http import (
    Scripted,
    respond,
    serve_scripts,
)
from tests.feeds.fetching import FEED, failure, fetch


def test_redirects_are_followed_and_the_permanent_hops_at_the_beginning_are_told(server: Scripted) -> None:
    """A 301 to B, then a 302 to C: B is the feed's new address, C where it happens to be today."""
    target = server.script("/new", respond(body=FEED))
    url = server.script("/old", respond("301 Moved", f"Location: {target}"))
    answer = fetch(url)
    assert isinstance(answer, Fetched)
    assert (answer.final_url, answer.permanent_url) == (target, target)

    middle = server.script("/middle", respond("302 Found", "Location: /new"))
    mixed = fetch(server.script("/old", respond("308 Permanent", "Location: /middle")))
    assert isinstance(mixed, Fetched)
    assert (mixed.final_url, mixed.permanent_url) == (target, middle)


def test_redirects_end(server: Scripted) -> None:
    """In a circle, or one after the other for ever."""
    assert failure(server.script("/a", respond("302 Found", "Location: /a"))).reason is FetchReason.REDIRECTS
    for hop in range(HOPS_MAX + 2):
        server.script(f"/{hop}", respond("302 Found", f"Location: /{hop + 1}"))
    assert failure(server.url("/0")).reason is FetchReason.REDIRECTS


@pytest.mark.parametrize(
    "target", ["ftp://example.org/x", "http://u:p@127.0.0.1/", "file:///etc/passwd", "http://[::1"]
)
def test_a_redirect_to_somewhere_else_is_refused(server: Scripted, target: str) -> None:
    """A feed cannot send us to a file, with credentials, or to nonsense."""
    error = failure(server.script("/feed", respond("302 Found", f"Location: {target}")))
    assert error.reason in (FetchReason.REFUSED_ADDRESS, FetchReason.PROTOCOL)


def test_a_redirect_home_is_refused_before_connecting(server: Scripted) -> None:
    """A public feed that points at our own network gets no connection there."""
    with serve_scripts() as inside:
        secret = inside.script("/secret", respond(body=b"inside"))
        hop = secret.replace("127.0.0.1", "127.9.9.9")
        url = server.script("/feed", respond("302 Found", f"Location: {hop}"))
        with pytest.raises(FetchError) as caught:
            fetch(url, guard=Guard(["127.0.0.1/32"]))
        assert caught.value.reason is FetchReason.REFUSED_ADDRESS
        assert inside.asked == []


def test_secret_headers_stay_with_their_origin(server: Scripted) -> None:
    """A redirect elsewhere does not carry a key along, whatever its header is called."""
    with serve_scripts() as other:
        target = other.script("/feed", respond(body=FEED))
        url = server.script("/feed", respond("302 Found", f"Location: {target}"))
        fetch(url, headers={"X-Key": "s3cret", "Authorization": "Bearer s3cret"})
        assert server.asked[0].headers["x-key"] == b"s3cret"
        assert "x-key" not in other.asked[0].headers
        assert "authorization" not in other.asked[0].headers


def test_a_proxy_of_the_environment_is_not_asked(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would go round the guard."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert isinstance(fetch(server.script("/feed", respond(body=FEED))), Fetched)


def test_a_proxy_is_asked_for_the_whole_address(server: Scripted) -> None:
    """Wherever the proxy is; the name is looked up here as well, and the proxy's password is not the feed's."""
    guard = Guard(resolve=lambda host, port: ["93.184.215.14"])
    server.script("http://feeds.example/rss", respond(body=FEED))
    answer = fetch("http://feeds.example/rss", guard=guard, proxy=f"http://me:secret@127.0.0.1:{server.port}")
    assert isinstance(answer, Fetched)
    [asked] = server.asked
    assert asked.path == "http://feeds.example/rss"
    assert asked.headers["proxy-authorization"].startswith(b"Basic ")
    assert b"secret" not in asked.headers["host"]


@pytest.mark.parametrize("url", ["http://feeds.example/rss", "http://169.254.169.254/latest", "http://[::1]/rss"])
def test_a_proxy_is_no_way_round_the_guard(server: Scripted, url: str) -> None:
    """An address that leads home is refused before the proxy hears of it, and so is a redirect there."""
    proxy = f"http://127.0.0.1:{server.port}"
    home = Guard(resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(FetchError) as caught:
        fetch(url, guard=home, proxy=proxy)
    assert caught.value.reason is FetchReason.REFUSED_ADDRESS
    assert server.asked == []

    public = Guard(resolve=lambda host, port: ["93.184.215.14"] if host == "start.example" else ["10.0.0.1"])
    server.script("http://start.example/", respond("302 Found", f"Location: {url}"))
    with pytest.raises(FetchError) as caught:
        fetch("http://start.example/", guard=public, proxy=proxy)
    assert caught.value.reason is FetchReason.REFUSED_ADDRESS
    assert len(server.asked) == 1
