"""What readers ask of the listener: feeds, and the way off a list, from outside and by name."""

import asyncio
import http.client
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from monitor.model import ChannelName, Topic, TopicKey
from monitor.storage.store import Store
from monitor.web.answers import Answers
from monitor.web.app import Web
from monitor.web.hosts import host_name
from monitor.web.leave_page import render_leave
from monitor.web.leaving import BODY_BYTES_MAX, LEAVES_A_MINUTE
from monitor.web.readers import Readers
from monitor.web.site import build_site
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_topic
from tests.storage.given import an_article, some_feeds, store_articles
from tests.storage.test_told import tell

MORNING, ANNA = ChannelName("morning"), "anna@example.org"
PUBLIC = "news.example.org"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str


Ask = Callable[..., Answered]


def talk(store: Store, work: Callable[[Ask], None], *, host: str = "127.0.0.1", public: str = PUBLIC) -> None:
    """Ask a listener of its own over this store, plainly, until the work is done."""
    topics: dict[TopicKey, Topic] = {TopicKey("hostages"): a_topic("hostages", channels=("morning",))}
    readers = Readers(store, FakeClock(), lambda: topics)
    clock = FakeClock()
    answers = Answers(
        lambda: (True, {}),
        feed=readers.feed,
        look=readers.look,
        leave=readers.leave,
        leave_page=render_leave,
        public_url=lambda: f"https://{public}" if public else "",
        monotonic_s=clock.monotonic_s,
    )

    async def run() -> None:
        web = Web(build_site(answers, host), host, 0)
        serving = asyncio.create_task(web.serve())

        def ask(path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answered:
            connection = http.client.HTTPConnection("127.0.0.1", web.address[1], timeout=10)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            try:
                connection.request(method, path, body, {"Connection": "close", **named})
                answer = connection.getresponse()
                found = {name.lower(): value for name, value in answer.getheaders()}
                return Answered(answer.status, found, answer.read().decode())
            finally:
                connection.close()

        try:
            await asyncio.to_thread(work, ask)
        finally:
            web.stop()
            await asyncio.wait_for(serving, 10)

    asyncio.run(run())


def a_token(store: Store) -> str:
    """Anna's."""
    with store.write() as tx:
        return tx.recipients.tokens(MORNING, [ANNA])[ANNA]


def stopped(store: Store) -> frozenset[str]:
    """Who gets nothing."""
    with store.read() as tx:
        return tx.recipients.stopped(MORNING)


def test_opening_the_link_stops_nothing(sqlite_store: Store) -> None:
    """A scanner of mails opens every link: a page with one button, no script, saying whom and what."""
    path = f"/unsubscribe/{a_token(sqlite_store)}"

    def work(ask: Ask) -> None:
        for method in ("GET", "HEAD", "GET"):
            answer = ask(path, method, Host=PUBLIC)
            assert answer.status == 200
        assert ANNA in answer.body
        assert "Hostages" in answer.body or "hostages" in answer.body
        assert answer.body.count("<button") == 1
        assert 'method="post"' in answer.body
        assert "<script" not in answer.body
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"

    talk(sqlite_store, work)
    assert stopped(sqlite_store) == frozenset()


@pytest.mark.parametrize("body", [ONE_CLICK, b"", b"--x\r\nList-Unsubscribe\r\n\r\nOne-Click\r\n--x--\r\n"])
def test_one_click_stops_and_stays_stopped(sqlite_store: Store, body: bytes) -> None:
    """A POST without cookie or page before it leaves; again it says the same; opening it says that it is done."""
    path = f"/unsubscribe/{a_token(sqlite_store)}"

    def work(ask: Ask) -> None:
        for _ in range(2):
            answer = ask(path, "POST", body, Host=PUBLIC, **FORM)
            assert answer.status == 200
            assert "Nothing more is sent" in answer.body
            assert "set-cookie" not in answer.headers
        assert "<button" not in ask(path, Host=PUBLIC).body

    talk(sqlite_store, work)
    assert stopped(sqlite_store) == {ANNA}


@pytest.mark.parametrize("token", ["x" * 43, "", "..%2f..%2fetc", "%00", "x" * 5_000, "'%20OR%201=1"])
def test_a_link_of_nobody_tells_nothing(sqlite_store: Store, token: str) -> None:
    """404, the same words for all, and nothing of it in the answer."""
    a_token(sqlite_store)

    def work(ask: Ask) -> None:
        for method in ("GET", "POST"):
            answer = ask(f"/unsubscribe/{token}", method, Host=PUBLIC)
            assert answer.status in (404, 405)
            assert ANNA not in answer.body
            assert "xxx" not in answer.body

    talk(sqlite_store, work)
    assert stopped(sqlite_store) == frozenset()


def test_what_asks_too_much_is_bounded(sqlite_store: Store) -> None:
    """A body beyond the form's is refused and stops nothing; more than so many a minute are asked to come back."""
    path = f"/unsubscribe/{a_token(sqlite_store)}"

    def work(ask: Ask) -> None:
        assert ask(path, "POST", b"x" * (BODY_BYTES_MAX + 1), Host=PUBLIC).status == 413
        statuses = [ask(path, Host=PUBLIC).status for _ in range(LEAVES_A_MINUTE)]
        assert statuses == [200] * (LEAVES_A_MINUTE - 1) + [429]
        late = ask(path, "POST", ONE_CLICK, Host=PUBLIC)
        assert (late.status, late.headers["retry-after"]) == (429, "60")
        assert ask("/healthz", Host="localhost").status == 200

    talk(sqlite_store, work)
    assert stopped(sqlite_store) == frozenset()


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
def test_from_outside_only_the_way_out_is_seen(sqlite_store: Store, listen: str) -> None:
    """By the public name neither page nor feed nor health is answered, whatever the listener's address."""
    token = a_token(sqlite_store)

    def work(ask: Ask) -> None:
        for name in (PUBLIC, f"{PUBLIC}:443", PUBLIC.upper()):
            assert ask(f"/unsubscribe/{token}", Host=name).status == 200
            for path in ("/", "/healthz", "/topics/hostages.atom", "/unsubscribe", "/unsubscribe/../"):
                assert ask(path, Host=name).status == 404, path
        assert ask("/healthz", Host="localhost").status == 200
        assert ask(f"/unsubscribe/{token}", Host="127.0.0.1:8080").status == 200
        if listen == "127.0.0.1":
            for name in ("evil.example", f"evil.{PUBLIC}", ""):
                assert ask(f"/unsubscribe/{token}", Host=name).status == 400, name

    talk(sqlite_store, work, host=listen)


def test_without_a_public_name_nothing_is_seen_from_outside(sqlite_store: Store) -> None:
    """Who takes `public_url` away closes the door."""
    token = a_token(sqlite_store)

    def work(ask: Ask) -> None:
        assert ask(f"/unsubscribe/{token}", Host=PUBLIC).status == 400

    talk(sqlite_store, work, public="")


def test_a_feed_is_sent_once_while_it_stays_the_same(sqlite_store: Store) -> None:
    """An ETag and a 304; what is told on makes it another; a topic that is not watched has none."""
    some_feeds(sqlite_store)
    store_articles(sqlite_store, [an_article(1), an_article(2, title="Captives are home")])
    tell(sqlite_store, 1, START, topic="hostages")

    def work(ask: Ask) -> None:
        first = ask("/topics/hostages.atom")
        assert first.status == 200
        assert first.headers["content-type"].startswith("application/atom+xml")
        assert "urn:news-monitor:story:1" in first.body
        again = ask("/topics/hostages.atom", If_None_Match=f'"x", W/{first.headers["etag"]}')
        assert (again.status, again.body, again.headers["etag"]) == (304, "", first.headers["etag"])
        tell(sqlite_store, 2, START, topic="hostages")
        grown = ask("/topics/hostages.atom", If_None_Match=first.headers["etag"])
        assert grown.status == 200
        assert "Captives are home" in grown.body
        assert ask("/topics/ferries.atom").status == 404
        assert ask("/topics/hostages").status == 404

    talk(sqlite_store, work)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a.example:80", "a.example"),
        ("[::1]:8080", "::1"),
        ("A.Example", "a.example"),
        ("", ""),
        ("[", ""),
        ("a/b", "a"),
    ],
)
def test_a_host_header_is_read_as_a_name(header: str, name: str) -> None:
    """Without its port, in lower case; what cannot be read is no name."""
    assert host_name(header) == name
