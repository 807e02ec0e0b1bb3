"""The watchlist and its history for programs."""

from typing import Any

from tests.web.newsroom import WATCHLIST, Newsroom
from tests.web.test_watchlist import FAULTY, WIDER, take, written

API = "/api/v1"


def ask(room: Newsroom, method: str, path: str, **body: object) -> tuple[int, Any]:
    """One request, its status and its JSON."""
    answer = room.client.request(method, f"{API}{path}", json=body or None)
    return answer.status_code, answer.json()


def test_a_text_is_planned_written_and_taken_back(newsroom: Newsroom) -> None:
    """As a program does it: read, plan, put with the hash it read, and roll back."""
    _, before = ask(newsroom, "GET", "/watchlist")
    assert (before["text"], before["state"], before["faults"]) == (WATCHLIST, "in force", [])
    status, plan = ask(newsroom, "POST", "/watchlist/plan", text=WIDER)
    assert status == 200
    assert [one["topic"] for one in plan["topics"]] == ["floods"]
    assert plan["total"]["articles"] == 82
    assert ask(newsroom, "POST", "/watchlist/plan", text=WATCHLIST)[1]["is_same"]
    faults = ask(newsroom, "POST", "/watchlist/plan", text=FAULTY)[1]["faults"]
    assert [one["line"] for one in faults] == [24]
    edit = {"text": WIDER, "expected_hash": before["hash"], "note": "rain"}
    status, done = ask(newsroom, "PUT", "/watchlist", **edit)
    assert (status, done["outcome"], written(newsroom)) == (200, "applied", WIDER)
    assert ask(newsroom, "GET", "/watchlist")[1]["state"] == "coming"
    take(newsroom)
    assert ask(newsroom, "GET", "/watchlist")[1]["state"] == "in force"
    status, failure = ask(newsroom, "PUT", "/watchlist", **edit)
    assert (status, failure["what"][:11]) == (409, "was changed")
    status, failure = ask(newsroom, "PUT", "/watchlist", text=FAULTY, expected_hash=done["hash"])
    assert status == 422
    assert "watchlist.toml:24: " in failure["problems"][0]
    _, page = ask(newsroom, "GET", "/revisions?limit=1")
    assert page["items"][0]["note"] == "rain"
    _, older = ask(newsroom, "GET", f"/revisions?after={page['next']}")
    number = older["items"][0]["id"]
    _, one = ask(newsroom, "GET", f"/revisions/{page['items'][0]['id']}")
    assert '-level = "broad"' in one["difference"]
    assert one["watchlist"] == WIDER
    status, back = ask(newsroom, "POST", f"/revisions/{number}/rollback", expected_hash=done["hash"])
    assert (status, back["changed"], back["hash"]) == (200, True, before["hash"])
    assert written(newsroom) == WATCHLIST
    assert ask(newsroom, "POST", "/revisions/999/rollback", force=False)[0] == 404
    assert ask(newsroom, "GET", "/revisions?after=x")[0] == 400
