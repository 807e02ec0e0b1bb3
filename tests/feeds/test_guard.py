"""No connection reaches an address that is not on the open internet, unless the configuration says it is ours."""

import asyncio
from collections.abc import Sequence

import httpcore
import httpx
import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.fetch import Fetcher, fetch_once
from monitor.feeds.guard import ADDRESSES_MAX, Guard, guarded_client, guarded_post
from monitor.model import Fetched
from tests.fakes.http import drop, linger, respond, serve_scripts
from tests.fakes.tls import FOLDER, server_tls

OWN = ["127.0.0.0/8"]


def refusal(url: str, guard: Guard | None = None) -> FetchError:
    """The error of a visit that must be refused."""
    with pytest.raises(FetchError) as caught:
        fetch_once(url, guard or Guard(), exchange_s=3.0)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://100.64.0.1/",
        "http://localhost/",
        "http://127.0.0.1\u3002/",
        "http://user:password@127.0.0.1/",
        "http://example.org@127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "http:///x",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://example.org:0/",
        "https://.example.invalid/",
        "http://127.0.0.1\\@example.invalid/",
        "http://xn--/",
        "http://\udcff/",
        "http://1.1.1.1:x/",
        "http://exa mple.org/",
        "http://\x00/",
        "http://" + "a" * 300 + ".org/",
        "",
    ],
)
def test_hostile_addresses_get_no_connection(url: str) -> None:
    """However an address is written; and the library's own errors do not escape."""
    error = refusal(url)
    assert error.reason in (FetchReason.REFUSED_ADDRESS, FetchReason.DNS, FetchReason.PROTOCOL)


def test_a_name_that_answers_differently_the_second_time_gains_nothing() -> None:
    """The connection goes to the very address that was checked, so there is no second look-up to lie to."""
    with serve_scripts() as inside:
        inside.script("/", respond(body=b"secret"))
        answers = [["93.184.216.34"], ["127.0.0.1"]]
        asked: list[str] = []

        def lying(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return answers[min(len(asked) - 1, 1)]

        guard = Guard(resolve=lying)

        async def work() -> None:
            assert await guard.find_addresses("rebind.example.org", 80) == ["93.184.216.34"]
            assert await guard.find_addresses("rebind.example.org", 80) == ["93.184.216.34"], "remembered"
            with pytest.raises(FetchError):
                await guard.find_addresses("rebind.example.org", inside.port)

        asyncio.run(work())
        guard.close()
        assert inside.asked == []


def test_what_answers_differently_on_the_way_is_refused_before_connecting() -> None:
    """A redirect to the same name on another port looks it up again; nothing that comes back is taken on trust."""
    with serve_scripts() as outside, serve_scripts(host="127.0.0.9") as inside:
        answers = iter([["127.0.0.1"], ["127.0.0.9"]])
        guard = Guard(["127.0.0.1/32"], resolve=lambda host, port: next(answers))
        target = inside.url("/secret", host="rebind.example.org")
        outside.script("/feed", respond("302 Found", f"Location: {target}"))
        error = refusal(outside.url("/feed", host="rebind.example.org"), guard)
    assert error.reason is FetchReason.REFUSED_ADDRESS
    assert len(outside.asked) == 1
    assert inside.asked == []


def test_a_reconnect_goes_to_what_was_checked() -> None:
    """A second visit opens a second connection, to the address of the first: the name is not asked again meanwhile."""
    with serve_scripts() as server, serve_scripts(host="127.0.0.9", port=server.port) as inside:
        server.script("/feed", respond("301 Moved", "Location: /next"))
        server.script("/next", respond(body=b"here"))
        answers = iter([["127.0.0.1"], ["127.0.0.9"]])
        guard = Guard(["127.0.0.0/8"], resolve=lambda host, port: next(answers))
        answer = fetch_once(server.url("/feed", host="rebind.example.org"), guard)
    assert isinstance(answer, Fetched)
    assert [asked.path for asked in server.asked] == ["/feed", "/next"]
    assert inside.asked == []


@pytest.mark.parametrize("found", [[], ["nonsense"], ["127.0.0.1", "999.1.1.1"]])
def test_a_resolver_that_makes_no_sense_finds_nothing(found: list[str]) -> None:
    """Its answers are checked before they are used."""
    guard = Guard(["127.0.0.0/8"], resolve=lambda host, port: found)
    assert refusal("http://odd.example.org/", guard).reason is FetchReason.DNS


def test_a_name_with_many_dead_addresses_is_given_up() -> None:
    """A name server cannot send us knocking at a hundred doors."""
    with serve_scripts() as server:
        server.script("/", respond(body=b"here"))
        dead = [f"127.0.1.{last}" for last in range(1, ADDRESSES_MAX + 1)]
        few, many = [*dead[1:], "127.0.0.1"], [*dead, "127.0.0.1"]
        url = server.url("/", host="many.example.org")
        assert isinstance(fetch_once(url, Guard(OWN, resolve=lambda host, port: few)), Fetched)
        assert refusal(url, Guard(OWN, resolve=lambda host, port: many)).reason is FetchReason.CONNECT


def test_a_password_in_an_address_is_not_repeated() -> None:
    """Errors are logged, stored and shown."""
    for url in ("http://user:s3cret@example.org/", "ftp://user:s3cret@example.org/", "http://user:s3cret@[::1/"):
        assert "s3cret" not in str(refusal(url))


def test_a_key_in_a_query_is_not_repeated() -> None:
    """Private feeds carry their key there; the address stays recognisable."""
    with serve_scripts() as server:
        server.script("/feed?key=s3cret", respond("403 Forbidden"))
        server.script("/moved?key=s3cret", respond("302 Found", "Location: /moved?key=s3cret"))
        server.script("/broken?key=s3cret", drop)
        server.script("/packed?key=s3cret", respond(headers="Content-Encoding: br", body=b"x"))
        for path in ("/feed", "/moved", "/broken", "/packed"):
            said = str(refusal(server.url(f"{path}?key=s3cret#s3cret"), Guard(OWN)))
            assert "s3cret" not in said
            assert server.url(path) in said
    assert "s3cret" not in str(refusal("http://10.0.0.1/feed?key=s3cret"))
    assert "s3cret" not in str(refusal("ftp://example.org/feed?key=s3cret"))


def test_a_certificate_nobody_vouches_for_is_refused_and_a_good_one_is_for_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guard connects to a number; what TLS checks is still the name."""
    with serve_scripts(tls=server_tls()) as server:
        url = server.script("/feed", respond(body=b"here"))
        assert refusal(url, Guard(OWN)).reason is FetchReason.TLS
        monkeypatch.setenv("SSL_CERT_FILE", str(FOLDER / "loopback.pem"))
        answer = fetch_once(url, Guard(OWN))
        assert isinstance(answer, Fetched)
        assert answer.body == b"here"
        elsewhere = Guard(OWN, resolve=lambda host, port: ["127.0.0.1"])
        assert refusal(server.url("/feed", host="other.example.org"), elsewhere).reason is FetchReason.TLS
        assert refusal(server.url("/feed", host=".example.org"), elsewhere).reason is not FetchReason.TIMEOUT
        assert len(server.asked) == 1


def test_a_server_that_never_says_farewell_costs_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS a polite end waits for the other side; we have what we came for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(FOLDER / "loopback.pem"))
    with serve_scripts(tls=server_tls()) as server:
        url = server.script("/feed", linger(respond(body=b"here")))
        assert isinstance(fetch_once(url, Guard(OWN), exchange_s=3.0), Fetched)
        assert guarded_post(Guard(OWN), url, b"{}", {}, 3.0).status == 200


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    """A name that is public and private at once is a trap."""
    guard = Guard(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])
    error = refusal("http://both.example.org/", guard)
    assert error.reason is FetchReason.REFUSED_ADDRESS
    assert "both.example.org (10.0.0.1)" in str(error)
    assert "allow_private_hosts" in str(error)


def test_a_dead_first_address_does_not_stop_a_living_one() -> None:
    """IPv6 that leads nowhere is common; the next address is tried."""
    with serve_scripts() as server:
        server.script("/", respond(body=b"here"))
        guard = Guard([*OWN, "::1/128"], resolve=lambda host, port: ["::1", "127.0.0.1"])
        answer = fetch_once(f"http://two.example.org:{server.port}/", guard)
    assert isinstance(answer, Fetched)
    assert answer.body == b"here"


def test_odd_ports_are_for_hosts_of_our_own() -> None:
    """A public name must not make us talk to its mail server."""
    guard = Guard(resolve=lambda host, port: ["93.184.216.34"])
    error = refusal("http://mail.example.org:25/", guard)
    assert error.reason is FetchReason.REFUSED_ADDRESS
    assert "port 25" in str(error)


def test_a_host_can_be_allowed_by_name() -> None:
    """For a feed server on one's own network whose address changes."""
    with serve_scripts() as server:
        server.script("/", respond(body=b"here"))
        allowed = Guard(["feeds.internal"], resolve=lambda host, port: ["127.0.0.1"])
        assert isinstance(fetch_once(f"http://feeds.internal:{server.port}/", allowed), Fetched)
        other = Guard(["feeds.internal"], resolve=lambda host, port: ["127.0.0.1"])
        assert refusal(f"http://evil.internal:{server.port}/", other).reason is FetchReason.REFUSED_ADDRESS


def test_the_private_attribute_we_lean_on_is_there() -> None:
    """A new httpx that connects by another way would go round the guard: this is where it is noticed."""

    async def work() -> None:
        async with guarded_client(Guard(), 1) as client:
            transport = client._transport
            assert isinstance(transport, httpx.AsyncHTTPTransport)
            backend = transport._pool._network_backend
            assert type(backend).__name__ == "GuardedBackend"
            with pytest.raises(FetchError):
                await backend.connect_unix_socket("/run/x")
            assert isinstance(backend, httpcore.AsyncNetworkBackend)
            with pytest.raises(FetchError):
                await client.get("http://127.0.0.1/")

    asyncio.run(work())


def test_look_ups_are_remembered_within_bounds() -> None:
    """A thousand feeds of one host ask its name once; one that fails is asked again later, not at once."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        if host.startswith("bad"):
            raise OSError("no")
        return ["93.184.216.34"]

    async def work() -> None:
        guard = Guard(resolve=resolve)
        for _ in range(3):
            await guard.find_addresses("good.example.org", 443)
            with pytest.raises(FetchError):
                await guard.find_addresses("bad.example.org", 443)
        guard.close()

    asyncio.run(work())
    assert asked == ["good.example.org", "bad.example.org"]


def test_many_visits_share_one_client() -> None:
    """Fifty at a time over one fetcher, each with its own answer."""
    with serve_scripts() as server:
        for number in range(50):
            server.script(f"/{number}", respond(body=str(number).encode()))

        async def work() -> list[object]:
            fetcher = Fetcher(Guard(OWN))
            try:
                return await asyncio.gather(*(fetcher.fetch(server.url(f"/{n}")) for n in range(50)))
            finally:
                await fetcher.close()

        answers = asyncio.run(work())
    assert [answer.body for answer in answers if isinstance(answer, Fetched)] == [str(n).encode() for n in range(50)]
