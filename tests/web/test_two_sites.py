"""Any worker may serve the page: what one began, another goes on with."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.model import TopicKey
from monitor.storage.workers import LOST_AFTER, Worker
from tests.fakes.clock import START
from tests.fakes.postgres import fresh_database
from tests.web.guarded import DESK_TOKEN, TOKENS, WALL_TOKEN, bearer
from tests.web.two_sites import TwoSites, two_sites

pytestmark = pytest.mark.postgres
ENVIRON = {"DESK_TOKEN": DESK_TOKEN, "WALL_TOKEN": WALL_TOKEN}
ONE = Worker("north:1:a", "north", 1, "0.1.0", ("poll", "ingest", "deliver"), START, START, visits=30, articles=7)


@pytest.fixture
def database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The URL of a database of one's own, with the schema."""
    with fresh_database(postgres_server, template=postgres_template) as url:
        yield url


@pytest.fixture
def sites(database: str, tmp_path: Path) -> Iterator[TwoSites]:
    """Two workers on this machine, of which nobody asks for a token."""
    with two_sites(tmp_path, database) as found:
        yield found


def field(page: str, name: str) -> str:
    """What a hidden field of a form holds."""
    return unescape(page.partition(f'name="{name}" value="')[2].partition('"')[0])


def test_a_form_of_one_is_taken_by_the_other(sites: TwoSites) -> None:
    """Its mark belongs to the browser's cookie; the file it was made of is known by its content."""
    client = sites.client
    client.get("/")
    page = client.get("/watchlist").text
    text = (sites.folder / "watchlist.toml").read_text(encoding="utf-8").replace('"River floods"', '"Rivers in flood"')
    typed = {"csrf": field(page, "csrf"), "expected": field(page, "expected"), "text": text, "note": "more"}
    planned = client.post("/watchlist/plan", data=typed)
    assert planned.status_code == 200
    assert "Rivers in flood" in planned.text or "floods" in planned.text
    done = client.post("/watchlist/apply", data=typed, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/watchlist?done=applied")
    sites.until_in_force(lambda app: app.in_force.topics[TopicKey("floods")].name == "Rivers in flood")
    for _ in range(2):
        assert "Rivers in flood" in client.get("/topics").text
        assert "more" in client.get("/watchlist").text, "its note stands with its revision, whichever took it"
    stale = client.post("/watchlist/apply", data=typed)
    assert stale.status_code == 409


def test_a_session_of_one_is_known_to_the_other(database: str, tmp_path: Path) -> None:
    """From the sign-in to the sign-out; a program's token opens both."""
    with two_sites(tmp_path, database, TOKENS, ENVIRON) as sites:
        client = sites.client
        assert client.get("/topics").url.path == "/sign-in"
        assert client.post("/sign-in", data={"token": DESK_TOKEN, "next": "/topics"}).url.path == "/topics"
        for _ in range(4):
            page = client.get("/topics")
            assert page.url.path == "/topics"
        client.get("/watchlist")
        mark = field(client.get("/watchlist").text, "csrf")
        assert client.post("/sign-out", data={"csrf": mark}, follow_redirects=False).status_code == 303
        assert [client.get("/topics").url.path for _ in range(2)] == ["/sign-in"] * 2
        for _ in range(2):
            answer = client.get("/api/v1/overview", headers=bearer(WALL_TOKEN))
            assert answer.status_code == 200


def test_what_is_edited_at_one_stands_at_the_other(sites: TwoSites) -> None:
    """Mutes and marks are rows."""
    client = sites.client
    made = client.post("/api/v1/mutes", json={"kind": "topic", "value": "floods", "hours": 2, "reason": "dull"})
    assert made.status_code in (200, 201), made.text
    for _ in range(2):
        [mute] = client.get("/api/v1/mutes").json()["items"]
        assert mute["value"] == "floods"


def test_both_show_the_same_workers(sites: TwoSites) -> None:
    """On the first page, through the API, in the numbers and at /readyz."""
    client, store = sites.client, sites.apps[0].store
    lost = replace(ONE, id="south:2:b", host="south<b>", pid=2, visits=10)
    sites.clock.forward(seconds=LOST_AFTER.total_seconds() + 5)
    with store.write() as tx:
        tx.workers.beat(lost)
        tx.workers.beat(replace(ONE, beat_at=sites.clock.now() - timedelta(seconds=2)))
        tx.workers.lead(ONE.id, sites.clock.now())
        tx.topics.beat("daemon", sites.clock.now())
    for _ in range(2):
        page = client.get("/").text
        assert "1 worker at work, the last beat 0 s ago" in page
        assert "The worker south&lt;b&gt;:2 (poll, ingest, deliver) has not beaten since" in page
        assert "30 visited (100 %), 7 stored, 0 sent" in page
        assert page.count('class="badge bad">lost') == 1
        answer = client.get("/api/v1/workers").json()
        assert (answer["is_distributed"], answer["at_work"], answer["lost"]) == (True, 1, 1)
        assert [(one["id"], one["share"], one["leads"]) for one in answer["workers"]] == [
            ("north:1:a", 1.0, True),
            ("south:2:b", None, False),
        ]
        assert list(answer["queues"]) == ["poll", "ingest", "deliver"]
        ready = client.get("/readyz").json()["checks"]
        assert (ready["queues"], ready["ingest"]) == ("ok", "ok")
        numbers = client.get("/metrics").text
        assert 'monitor_workers{state="lost"} 1.0' in numbers
        assert 'monitor_queue_workers{queue="ingest"} 1.0' in numbers
    sites.clock.forward(minutes=2)
    for _ in range(2):
        ready = client.get("/readyz").json()["checks"]
        assert ready["queues"] == "no worker serves poll, ingest, deliver"
        assert "nobody does it" in client.get("/").text


def test_a_fault_of_one_workers_files_is_shown_by_the_other(sites: TwoSites) -> None:
    """Each has files of its own; whoever answers says what the others found."""
    with sites.apps[0].store.write() as tx:
        tx.notices.raise_("config", "The configuration has 1 problem", "monitor check", "x:1: no", START)
    for _ in range(2):
        assert "The configuration has 1 problem" in sites.client.get("/").text


def test_one_process_shows_no_workers(sites: TwoSites) -> None:
    """Not even those of an earlier time."""
    app, client = sites.apps[0], sites.client
    with app.store.write() as tx:
        tx.workers.beat(ONE)
    for one in sites.apps:
        settings = one.in_force.loaded.settings
        alone = settings.model_copy(update={"run": settings.run.model_copy(update={"mode": "embedded"})})
        one.in_force = replace(one.in_force, loaded=replace(one.in_force.loaded, settings=alone))
    sites.clock.forward(minutes=5)
    page = client.get("/").text
    assert 'id="workers"' not in page
    assert "not beaten" not in page
    assert client.get("/api/v1/workers").json() == {
        "at": "2026-03-14T09:05:00Z", "is_distributed": False, "at_work": 0, "lost": 0, "workers": [], "queues": {},
    }  # fmt: skip
    assert "queues" not in client.get("/readyz").json()["checks"]
    assert "monitor_queue_workers{" not in client.get("/metrics").text
