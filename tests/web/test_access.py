"""Who may come in, by what, and what strangers see."""

import re

import pytest

from monitor.web.attempts import IN_ALL_MAX, PER_ADDRESS_MAX
from tests.web.guarded import DESK_TOKEN, PROXY, WALL_TOKEN, basic, bearer, guarded
from tests.web.newsroom import Newsroom

FEED = "/topics/hostage-negotiations.atom"


def test_other_machines_see_nothing_until_a_token_is_set(shown_newsroom: Newsroom) -> None:
    """But what says how to set one, whether all is well, and the way off a list."""
    with guarded(shown_newsroom, "") as there:
        page = there.client.get("/")
        assert page.status_code == 403
        assert "[web.tokens.desk]" in page.text
        assert "Hostage" not in page.text
        assert there.client.get("/sign-in").status_code == 403
        assert there.client.post("/sign-in", data={"token": DESK_TOKEN}).status_code == 403
        for path in ("/api/v1/overview", FEED, "/metrics"):
            assert there.client.get(path, headers=bearer(DESK_TOKEN)).status_code == 403
        assert there.client.get("/healthz").status_code == 200
        assert there.client.get("/unsubscribe/nobody").status_code == 404


def test_at_this_machine_nobody_is_asked_until_a_token_is_set(shown_newsroom: Newsroom) -> None:
    """With one everybody is, and what a proxy on this machine hands on was never of this machine."""
    with guarded(shown_newsroom, "", host="127.0.0.1", peer="127.0.0.1") as here:
        assert here.client.get("/").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            assert here.client.get("/", headers={header: "198.51.100.4"}).status_code == 403
        here.configure("[web.tokens.desk]\ntoken_env = 'DESK_TOKEN'\n")
        assert here.client.get("/", follow_redirects=False).headers["location"] == "/sign-in?next=%2F"
        assert here.client.get("/api/v1/overview").status_code == 401


def test_a_person_signs_in_and_out(newsroom: Newsroom) -> None:
    """And lands where they wanted to go; the cookie is for our pages alone, and not in the database."""
    with guarded(newsroom) as there:
        asked = there.client.get("/?a=1")
        assert asked.url.path == "/sign-in"
        assert 'name="next" value="/?a=1"' in asked.text
        answer = there.client.post("/sign-in", data={"token": DESK_TOKEN, "next": "/?a=1"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?a=1")
        cookie = answer.headers["set-cookie"]
        assert re.fullmatch(r"monitor_session=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800", cookie)
        page = there.client.get("/")
        assert page.status_code == 200
        assert "Sign out" in page.text
        held = (newsroom.folder / "data" / "monitor.db").read_bytes()
        held += (newsroom.folder / "data" / "monitor.db-wal").read_bytes()
        secret = cookie.partition("=")[2][:43]
        assert secret.encode() not in held
        assert DESK_TOKEN.encode() not in held
        assert there.client.post("/sign-out", data={"csrf": "x"}).status_code == 403
        mark = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert there.client.post("/sign-out", data={"csrf": mark}).url.path == "/sign-in"
        there.client.cookies.set("monitor_session", secret)
        assert there.client.get("/").url.path == "/sign-in", "the cookie is worth nothing any more"


def test_a_session_ends(newsroom: Newsroom) -> None:
    """After twelve hours without use, after seven days, and when its token changes or goes."""
    with guarded(newsroom) as there:
        assert there.sign_in(DESK_TOKEN) == 303
        newsroom.clock.forward(hours=11)
        assert there.client.get("/").url.path == "/"
        newsroom.clock.forward(hours=11)
        assert there.client.get("/").url.path == "/"
        newsroom.clock.forward(hours=12)
        assert there.client.get("/").url.path == "/sign-in"
        assert there.sign_in(DESK_TOKEN) == 303
        for _ in range(16):
            assert there.client.get("/").url.path == "/"
            newsroom.clock.forward(hours=11)
        assert there.client.get("/").url.path == "/sign-in"
        assert there.sign_in(DESK_TOKEN) == 303
        there.configure("[web.tokens.desk]\ntoken_env = 'DESK_TOKEN'\n", {"DESK_TOKEN": WALL_TOKEN})
        assert there.client.get("/").url.path == "/sign-in"
        assert there.sign_in(WALL_TOKEN) == 303
        there.configure("[web.tokens.other]\ntoken_env = 'DESK_TOKEN'\n", {"DESK_TOKEN": WALL_TOKEN})
        assert there.client.get("/").url.path == "/sign-in"


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a=b", "", "/sign-in"]
)
def test_signing_in_leads_nowhere_else(newsroom: Newsroom, onward: str) -> None:
    """Whatever the link said that led to the form."""
    with guarded(newsroom) as there:
        answer = there.client.post("/sign-in", data={"token": DESK_TOKEN, "next": onward}, follow_redirects=False)
        assert answer.headers["location"] == "/"


def test_wrong_tokens_have_to_wait(shown_newsroom: Newsroom) -> None:
    """An address after ten in a minute, whether it tries the form or the API; all after two hundred."""
    with guarded(shown_newsroom, TOKENS_AND_PROXY, peer="10.0.0.1") as there:

        def attempt(number: int, token: str = "wrong") -> int:  # wrong by intention
            headers = {"X-Forwarded-For": f"198.51.100.9, 2001:db8:0:{number:x}::{number:x}"}
            return int(there.client.post("/sign-in", data={"token": token}, headers=headers).status_code)

        assert [attempt(1) for _ in range(PER_ADDRESS_MAX)] == [401] * PER_ADDRESS_MAX
        assert attempt(1, DESK_TOKEN) == 429
        assert attempt(2) == 401
        with_port = {"X-Forwarded-For": "[2001:db8:0:1::1]:50123"}
        assert there.client.post("/sign-in", data={"token": "wrong"}, headers=with_port).status_code == 429
        answer = there.client.get("/api/v1/overview", headers={**bearer("x"), "X-Forwarded-For": "2001:db8:0:1::77"})
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        for number in range(3, IN_ALL_MAX - PER_ADDRESS_MAX + 2):
            attempt(number)
        assert attempt(5_000, DESK_TOKEN) == 429
        there.room.clock.forward(seconds=61)
        assert attempt(1) == 401


TOKENS_AND_PROXY = '[web.tokens.desk]\ntoken_env = "DESK_TOKEN"\n' + PROXY


def test_programs_send_a_token(shown_newsroom: Newsroom) -> None:
    """As a Bearer anywhere; as a password it only reads, for feed readers and for Prometheus."""
    with guarded(shown_newsroom) as there:
        get = there.client.get
        assert get("/api/v1/overview", headers=bearer(WALL_TOKEN)).status_code == 200
        refused = get("/api/v1/overview", headers=bearer("x" * 30))
        assert refused.status_code == 401
        assert refused.json() == {
            "what": "the token is not known",
            "where": "",
            "remedy": "Ask whoever runs the monitor for one that is in force.",
        }
        assert refused.headers["www-authenticate"] == 'Bearer realm="news-monitor"'
        feed = get(FEED)
        assert (feed.status_code, feed.headers["www-authenticate"]) == (401, 'Basic realm="news-monitor"')
        assert get(FEED, headers=basic(WALL_TOKEN)).status_code == 200
        assert get("/", headers=basic(DESK_TOKEN)).status_code == 200
        assert "may read only" in get("/", headers=basic(DESK_TOKEN)).text


def test_a_proxy_says_who_it_is(shown_newsroom: Newsroom) -> None:
    """From where it is known to be, and from nowhere else; those who edit are named."""
    with guarded(shown_newsroom, PROXY, peer="10.9.8.7") as there:
        for name, may_edit in (("anna", True), ("carl", False)):
            page = there.client.get("/", headers={"X-Remote-User": name})
            assert name in page.text
            assert ("may read only" not in page.text) == may_edit
        for header in ({}, {"X-Remote-User": ""}, {"X-Remote-User": "a" * 81}):
            assert there.client.get("/", headers=header).url.path == "/sign-in"
        assert "a proxy" in there.client.get("/sign-in").text
    with guarded(shown_newsroom, PROXY, peer="192.0.2.1") as there:
        assert there.client.get("/", headers={"X-Remote-User": "anna"}).url.path == "/sign-in"


def test_names_that_are_answered_on_loopback(shown_newsroom: Newsroom) -> None:
    """Loopback's own, and those that were given."""
    with guarded(shown_newsroom, '[web]\nnames = ["monitor.example.org"]\n', host="127.0.0.1") as here:
        for name, status in (("127.0.0.1", 200), ("monitor.example.org:8080", 200), ("evil.example", 400)):
            assert here.client.get("/", headers={"Host": name}).status_code == status
