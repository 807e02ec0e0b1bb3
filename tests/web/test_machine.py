"""What programs ask: the numbers of a newsroom at work, whether it lives, and whether all is well."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from monitor.errors import FetchReason
from monitor.gauges import KEPT_S
from monitor.readiness import OVERDUE_MAX
from monitor.storage.tables import FEED
from tests.pipeline.given import a_failed_visit, a_visit, an_entry, ingest
from tests.web.newsroom import WATCHLIST, Newsroom, open_newsroom


def numbers(room: Newsroom) -> dict[str, float]:
    """Every sample as Prometheus writes it in a query: `name{label="value"}`."""
    answer = room.client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        one.name
        + ("{" + ",".join(f'{k}="{v}"' for k, v in sorted(one.labels.items())) + "}" if one.labels else ""): one.value
        for family in families
        for one in family.samples
    }


def test_a_newsroom_at_work_in_numbers(newsroom: Newsroom) -> None:
    """Visits, articles, matches, tellings and deliveries are counted where they end, and how long a telling took."""
    room, app = newsroom, newsroom.app
    before = numbers(room)
    now = room.clock.forward(minutes=30)
    room.poll([(0, an_entry(1, about="the market", at=now))], now)  # claims every feed
    entry = an_entry(77, about="the hostage negotiations", at=now - timedelta(minutes=4))
    for summary in ingest(
        app.store,
        [a_visit(room.feeds[1], [entry], now=now, body=b"1"), a_failed_visit(room.feeds[2], now=now)],
        app.in_force.ingest,
        now,
    ):
        app.numbers.note_visit(summary)
    room.clock.forward(minutes=31)
    room.tell()
    after = numbers(room)

    def grew(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grew('monitor_polls_total{outcome="new",reason=""}') == 1
    assert grew(f'monitor_polls_total{{outcome="failed",reason="{FetchReason.UNAVAILABLE}"}}') == 1
    assert grew("monitor_articles_new_total") == grew("monitor_stories_new_total") == 1
    assert grew('monitor_published_to_seen_seconds_bucket{le="300.0"}') == 1
    assert grew('monitor_matches_total{topic="hostage-negotiations"}') == 1
    assert grew('monitor_tellings_total{channel="console",kind="scheduled"}') == 1
    assert grew('monitor_deliveries_total{channel="console",outcome="sent"}') == 1
    assert grew('monitor_matched_to_told_seconds_sum{topic="hostage-negotiations"}') == 31 * 60
    assert grew('monitor_published_to_told_seconds_sum{topic="hostage-negotiations"}') == 35 * 60
    assert after['monitor_feeds{state="failing"}'] >= 1
    assert after["monitor_database_up"] == after["monitor_config_valid"] == 1
    assert after['monitor_outbox_pending{channel="archive"}'] > 0
    assert after["monitor_database_size_bytes"] > 100_000
    assert after["monitor_write_duration_seconds_count"] > before["monitor_write_duration_seconds_count"]


def test_the_database_is_asked_once_in_five_seconds(newsroom: Newsroom) -> None:
    """However many scrape."""
    asked: list[str] = []
    engine = newsroom.app.store.database.reader
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    numbers(newsroom)
    first = len(asked)
    for _ in range(5):
        numbers(newsroom)
    assert 0 < first == len(asked)
    newsroom.clock.forward(seconds=KEPT_S)
    numbers(newsroom)
    assert len(asked) > first


def test_the_first_page_shows_how_a_target_is_kept(tmp_path: Path) -> None:
    """Beside the topic it is of, and nothing where there is none."""
    watchlist = WATCHLIST.replace("[topics.floods]", '[topics.floods]\ntarget = "2h"')
    with open_newsroom(tmp_path, watchlist=watchlist) as room:
        page = room.client.get("/").text
        assert page.count("target 2 h: nothing told in 7 days") == page.count("target ") == 1
        page = room.client.get("/topics/floods").text
        assert "<dt>Target, 2 h</dt>" in page
        assert "nothing told in 7 days" in page
        assert "Target," not in room.client.get("/topics/gulf-shipping").text
        answer = room.client.get("/api/v1/topics/floods").json()["target"]
        assert (answer["target_s"], answer["told"], answer["share"], answer["lost_by"]) == (7200, 0, None, None)
        listed = {one["key"]: one["target"] for one in room.client.get("/api/v1/topics").json()["items"]}
        assert listed == {"hostage-negotiations": None, "gulf-shipping": None, "floods": answer}
        assert numbers(room)['monitor_target_seconds{topic="floods"}'] == 7200


def test_openmetrics_where_it_is_asked_for(shown_newsroom: Newsroom) -> None:
    """By what the client accepts; the end mark is part of the form."""
    answer = shown_newsroom.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("what", ["overdue", "held", "faulty"])
def test_readyz_says_what_is_not_well_and_healthz_lives_on(newsroom: Newsroom, what: str) -> None:
    """Each with its part named; liveness is another question."""
    room = newsroom
    with room.app.store.write() as tx:
        due = room.clock.now() + timedelta(hours=1)
        tx.connection.execute(sa.update(FEED).values(next_poll_at=due, hold_until=None))
    good = room.client.get("/readyz")
    assert (good.status_code, good.json()["ready"]) == (200, True), good.text
    assert set(good.json()["checks"].values()) == {"ok"}

    room.clock.forward(seconds=KEPT_S)
    part, said = {"overdue": ("feeds", "16 minutes"), "held": ("channels", "1 channel held"), "faulty": ("config", "")}[
        what
    ]
    with room.app.store.write() as tx:
        if what == "overdue":
            late = room.clock.now() - OVERDUE_MAX - timedelta(minutes=1)
            tx.connection.execute(sa.update(FEED).values(next_poll_at=late))
        if what == "held":
            name = next(iter(room.app.in_force.channels))
            tx.holds.hold(
                [name], room.clock.now(), account="a", scope="channel", reason="r", error="refused", remedy="Mend it."
            )
    if what == "faulty":
        (room.folder / "watchlist.toml").write_text("timezone = 5\n", encoding="utf-8")
        room.watcher.force()
        room.watcher.look()

    bad = room.client.get("/readyz")
    assert (bad.status_code, bad.json()["ready"]) == (503, False)
    assert said in bad.json()["checks"].pop(part) != "ok"
    assert set(bad.json()["checks"].values()) <= {"ok", bad.json()["checks"].get(part)}
    assert room.client.get("/healthz").status_code == 200
    if what == "held":
        assert numbers(room)[f'monitor_channel_held{{channel="{name}"}}'] == 1
