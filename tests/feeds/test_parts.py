"""Addresses taken apart: what is done here is what the library does, and what it refuses is refused."""

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.feeds.guard import parts_of

HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9-]{1,8}(\.[a-z0-9-]{1,8}){0,3}", fullmatch=True),
    st.from_regex(r"\d{1,3}(\.\d{1,3}){0,4}", fullmatch=True),
    st.sampled_from(["xn--mnchen-3ya.example", "MÜNCHEN.example", "News.Example", "[::1]", "a..b", "a_b.c"]),
)
PORTS = st.one_of(st.just(""), st.integers(0, 99_999).map(lambda port: f":{port}"))
PATHS = st.lists(
    st.one_of(st.sampled_from(["", ".", "..", ".a", "a b", "ä", "%41", "%zz", "a%2fb", "[x]", "a;b=c", "~me", "{x}"])),
    max_size=4,
).map(lambda steps: "".join(f"/{step}" for step in steps))
QUERIES = st.sampled_from(["", "?", "?a=b&c", "?q=a b", "?q=%20", "?q='x'", "?a?b/c", "?q=ü", "#frag", "?a#b"])
USERS = st.sampled_from(["", "", "", "user@", "user:pass@", "@"])
ADDRESSES = st.builds(
    lambda scheme, user, host, port, path, query: f"{scheme}://{user}{host}{port}{path}{query}",
    st.sampled_from(["http", "https", "HTTP", "ftp"]), USERS, HOSTS, PORTS, PATHS, QUERIES,
)  # fmt: skip


@given(ADDRESSES)
@example("http://a.example")
@example("https://a.example:443/feed?x=1")
@example("http://1.2.3.4:8080/rss")
@example("http://1.2.3.04/rss")
@example("http://256.1.1.1/")
@example("http://a.example/x/../y")
@example("http://a.example\n")
def test_the_parts_are_those_of_the_library(address: str) -> None:
    """Whoever took it apart."""
    try:
        expected = httpx.URL(address)
        name = expected.raw_host.decode("ascii")
        said = (expected.scheme, expected.host, name, expected.port, expected.netloc, expected.raw_path)
    except (httpx.InvalidURL, ValueError) as refused:
        with pytest.raises(type(refused)):
            parts_of(address)
        return
    parts = parts_of(address)
    assert tuple(parts) == (*said, bool(expected.userinfo))


def test_a_port_that_is_not_said_is_the_one_of_the_scheme() -> None:
    """Where it is said although it need not be, too."""
    assert parts_of("http://a.example/").any_port == 80
    assert parts_of("https://a.example:443/").any_port == 443
    assert parts_of("https://a.example:8443/").any_port == 8443
