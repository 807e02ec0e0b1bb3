"""What holds for every page and every question of the API, whoever adds one."""

from fastapi import FastAPI

from monitor.web.bodies import BODY_BYTES_MAX
from monitor.web.gate import is_open
from tests.web.guarded import DESK_TOKEN, WALL_TOKEN, Guarded, basic, bearer, guarded
from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS
from tests.web.routes import Way, walk, ways_of


def site_of(there: Guarded) -> list[Way]:
    """Every way into the site."""
    site = there.client.app
    assert isinstance(site, FastAPI)
    return list(ways_of(site.routes))


def test_no_way_is_open_to_strangers(shown_newsroom: Newsroom) -> None:
    """Of another machine, with tokens or without; but for what says so."""
    with guarded(shown_newsroom) as there:
        ways = site_of(there)
        assert {"/", "/topics/{key}.atom", "/metrics", "/api/v1/overview", "/api/v1/openapi.json"} <= {
            way.path for way in ways
        }
        assert [way.path for way in ways if is_open(way.path)] == [
            "/healthz", "/readyz", "/unsubscribe/{token}", "/unsubscribe/{token}", "/static/{name}", "/sign-in",
            "/sign-in",
        ]  # fmt: skip
        for way in (way for way in ways if not is_open(way.path)):
            for headers in ({}, {"Cookie": f"monitor_session={'x' * 43}; monitor_visit={'y' * 32}"}):
                answer = there.client.request(way.method, way.address, headers=headers, follow_redirects=False)
                if answer.status_code == 303:
                    assert answer.headers["location"].startswith("/sign-in?next="), way
                else:
                    assert answer.status_code == 401, way
                assert "hostage" not in answer.text.lower(), way
        there.configure("")
        for way in (way for way in ways if not is_open(way.path)):
            answer = there.client.request(way.method, way.address, headers=bearer("x" * 32), follow_redirects=False)
            assert answer.status_code == 403, way


def test_every_answer_says_what_a_browser_may_do_with_it(shown_newsroom: Newsroom) -> None:
    """Good or bad, short or long, known or not: it runs nothing, is guessed at by nobody, and is kept by no proxy."""
    with guarded(shown_newsroom) as there:
        ways = [*site_of(there), Way("GET", "/static/none"), Way("GET", "/api/v1/none"), Way("OPTIONS", "/feeds")]
        for way in ways:
            for headers in ({}, bearer(WALL_TOKEN), {"Host": "[", **bearer(WALL_TOKEN)}):
                answer = there.client.request(way.method, way.address, headers=headers, follow_redirects=False)
                assert "default-src 'none'" in answer.headers["content-security-policy"], way
                assert answer.headers["x-content-type-options"] == "nosniff", way
                kept = answer.headers["cache-control"]
                assert "no-store" in kept or "private" in kept or way.path.startswith("/static/"), way
                assert answer.status_code != 500, way


def test_a_token_that_may_read_changes_nothing(shown_newsroom: Newsroom) -> None:
    """Whatever way it tries; and no token that comes as a password does either."""
    with guarded(shown_newsroom) as there:
        for way in site_of(there):
            if way.method == "GET" or is_open(way.path) or way.path == "/sign-out":
                continue
            for given in (bearer(WALL_TOKEN), basic(WALL_TOKEN), basic(DESK_TOKEN)):
                for content, kind in (("{}", "application/json"), ("a=b", "application/x-www-form-urlencoded")):
                    headers = given | {"Content-Type": kind}
                    answer = there.client.request(way.method, way.address, headers=headers, content=content)
                    assert answer.status_code in (403, 422), (way, answer.text)


def test_no_change_is_made_for_a_page_elsewhere(shown_newsroom: Newsroom) -> None:
    """Even at this machine, where nobody is asked for a token: not with a form, nor as a program would."""
    client = shown_newsroom.client
    with guarded(shown_newsroom) as there:
        ways = [way for way in site_of(there) if way.method != "GET" and not is_open(way.path)]
    assert ways
    for way in ways:
        for headers in (
            {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
            {"Origin": "https://evil.example", "Content-Type": "application/json"},
            {"Origin": "null", "Content-Type": "application/json"},
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
        ):
            if way.method == "DELETE" and "Origin" not in headers and "Sec-Fetch-Site" not in headers:
                continue  # no page elsewhere can send one without asking first, and it gets no answer
            answer = client.request(way.method, way.address, headers=headers, content="{}")
            assert answer.status_code in (401, 403, 422), (way, headers, answer.text)


def test_what_feeds_write_is_words_on_every_page(shown_hostile_newsroom: Newsroom) -> None:
    """No payload stands in a page as it was written, and nothing in any page could run."""
    with guarded(shown_hostile_newsroom) as there:
        ways = site_of(there)
    seen = set()
    for page in walk(shown_hostile_newsroom.client, ways):
        seen.add(page.way)
        assert not page.markup.faults, (page.path, page.markup.faults)
        for payload in PAYLOADS:
            assert payload not in page.text, (page.path, payload)
    assert len(seen) >= 3


def test_what_cannot_be_read_is_answered(shown_newsroom: Newsroom) -> None:
    """A body too large, too deep or no JSON: whoever sent it reads why, and nothing of it was kept."""
    sent = {"Content-Type": "application/json"}
    for content, status, what in (
        (b" " * (BODY_BYTES_MAX + 1), 413, "too large"),
        (b"[" * 100_000, 400, "cannot be read"),
        (b"\xff\xfe", 422, "not as described"),
    ):
        answer = shown_newsroom.client.post("/api/v1/watchlist/plan", content=content, headers=sent)
        assert answer.status_code == status
        assert what in answer.json()["what"]
        assert answer.json()["remedy"]


def test_what_is_not_there_cannot_be_changed(shown_newsroom: Newsroom) -> None:
    """A change of what is not there is answered 404, whatever it is."""
    for method, path, body in (
        ("DELETE", "/mutes/999", None),
        ("PUT", "/topics/floods/marks/999", {"verdict": "useful"}),
        ("POST", "/stories/999/split", {"articles": [1], "reason": "another"}),
        ("POST", "/stories/999/merge", {"other": 1, "reason": "the same"}),
        ("POST", "/stories/999/mute", {"hours": 1}),
        ("POST", "/feeds/999/retry", {}),
        ("POST", "/deliveries/999/drop", {}),
        ("POST", "/revisions/999/rollback", {}),
    ):
        answer = shown_newsroom.client.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 404, (method, path, answer.text)
