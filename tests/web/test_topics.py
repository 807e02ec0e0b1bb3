"""The topics' pages: what they show, and what is done there."""

import re

import pytest

from monitor.model import TopicKey
from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS

TOPIC = "/topics/hostage-negotiations"


def test_the_list_says_how_each_topic_stands(shown_newsroom: Newsroom) -> None:
    """Name, schedule, channels, what it brought."""
    page = shown_newsroom.client.get("/topics").text
    for words in ("Hostage negotiations", "every 1h", "Attacks on Gulf shipping", "River floods", "console, archive"):
        assert words in page


def test_a_topic_shows_its_stories_with_the_words_that_matched(shown_newsroom: Newsroom) -> None:
    """Marked in title and text, with what became of each, and the same told apart."""
    page = shown_newsroom.client.get(TOPIC).text
    assert "<mark>hostages</mark>" in page
    assert "on archive, console" in page or "on console" in page
    assert "balanced 30" in page
    told = shown_newsroom.client.get(f"{TOPIC}?show=told").text
    untold = shown_newsroom.client.get(f"{TOPIC}?show=untold").text
    assert told.count('class="panel story"') + untold.count('class="panel story"') == page.count('class="panel story"')


def test_pages_of_stories_hold_each_once(shown_newsroom: Newsroom) -> None:
    """Walked through by the cursor, one at a time, nothing comes twice and nothing is left out."""
    whole = shown_newsroom.client.get("/api/v1/topics/gulf-shipping/stories").json()["items"]
    seen: list[int] = []
    address = "/api/v1/topics/gulf-shipping/stories?limit=1"
    page = shown_newsroom.client.get(address).json()
    while True:
        seen += [one["story"] for one in page["items"]]
        if page["next"] is None:
            break
        page = shown_newsroom.client.get(f"{address}&after={page['next']}").json()
    assert seen == [one["story"] for one in whole]
    assert len(seen) == len(set(seen)) == 8
    assert all(one["fate"] == "told" for one in whole)
    title = whole[0]["title"]
    assert {title["text"][first:last].lower() for first, last in title["marks"]} >= {"tanker", "seized", "missile"}


def test_a_level_says_what_would_come_and_go(shown_newsroom: Newsroom) -> None:
    """On its own page without script, as a part with it, and for programs; a query has none."""
    client = shown_newsroom.client
    page = client.get(f"{TOPIC}/level?level=strict").text
    assert "At <b>strict</b>" in page
    assert "/watchlist?topic=hostage-negotiations&amp;level=strict" in page
    part = client.get(f"{TOPIC}/level?level=strict&part=1").text
    assert part.strip().startswith("<div")
    found = client.get("/api/v1/topics/floods/levels").json()
    stories = {one["level"]: one["stories"] for one in found["levels"]}
    assert found["now"] == "broad"
    assert stories["strict"] <= stories["balanced"] <= stories["broad"]
    assert client.get("/api/v1/topics/gulf-shipping/levels").status_code == 400


def test_volume_and_scores_count_what_is_stored(shown_newsroom: Newsroom) -> None:
    """30 days and 168 hours, and every match once."""
    client = shown_newsroom.client
    volume = client.get("/api/v1/topics/gulf-shipping/volume").json()
    assert (len(volume["days"]), len(volume["hours"])) == (30, 168)
    assert sum(day["articles"] for day in volume["days"]) == 8
    assert sum(hour["articles"] for hour in volume["hours"]) == 8
    scores = client.get("/api/v1/topics/gulf-shipping/scores").json()
    assert sum(scores["matched"].values()) == 8
    assert scores["thresholds"] == {}
    assert client.get(f"/api/v1{TOPIC}/scores").json()["thresholds"] == {"broad": 20, "balanced": 30, "strict": 45}
    assert client.get(f"/api/v1{TOPIC}").json()["level"] == "balanced"


def test_a_mark_is_made_and_taken_back(newsroom: Newsroom) -> None:
    """By the person who made it; pressed again it is gone."""
    client, csrf = newsroom.client, newsroom.csrf()
    article = int(re.findall(r'name="article" value="(\d+)"', client.get(TOPIC).text)[0])
    page = client.post(
        f"{TOPIC}/mark", data={"csrf": csrf, "article": article, "verdict": "useful", "view": "show=all"}
    )
    assert "Marked as useful" in page.text
    assert 'value="none" aria-pressed="true"' in page.text
    with newsroom.app.store.read() as tx:
        assert [(mark.article_id, mark.by) for mark in tx.marks.newest()] == [(article, "web:local")]
    client.post(f"{TOPIC}/mark", data={"csrf": csrf, "article": article, "verdict": "none"})
    done = client.put(f"/api/v1{TOPIC}/marks/{article}", json={"verdict": "not_relevant"}).json()
    assert done == {"topic": "hostage-negotiations", "article": article, "verdict": "not_relevant", "before": "none"}
    assert client.put(f"/api/v1{TOPIC}/marks/99999", json={"verdict": "useful"}).status_code == 404


def test_a_topic_a_story_and_a_term_are_muted_and_lifted(newsroom: Newsroom) -> None:
    """With a reason, on one channel or all; each can be lifted where it is shown."""
    client, csrf = newsroom.client, newsroom.csrf()
    story = int(re.findall(r'href="/stories/(\d+)"', client.get(TOPIC).text)[0])
    for fields in (
        {"kind": "topic", "hours": 24, "channel": "console", "reason": "an exercise"},
        {"kind": "story", "hours": 168, "value": story},
        {"kind": "term", "hours": 4, "value": "weather"},
    ):
        page = client.post(f"{TOPIC}/mute", data={"csrf": csrf, **fields}).text
        assert "Muted." in page
    assert "Muted on console until" in page
    assert "an exercise" in page
    with newsroom.app.store.read() as tx:
        held = {mute.kind.value: mute for mute in tx.mutes.in_force(newsroom.clock.now())}
    assert (held["topic"].channel, held["story"].value, held["term"].value) == ("console", str(story), "weather")
    page = client.post(f"{TOPIC}/mutes/{held['topic'].id}/lift", data={"csrf": csrf}).text
    assert "No longer muted" in page
    assert "Muted on console" not in page
    assert client.delete(f"/api/v1/mutes/{held['term'].id}").json()["lifted_at"]
    assert [one["kind"] for one in client.get("/api/v1/mutes").json()["items"]] == ["story"]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "planet", "hours": 1},
        {"kind": "topic", "hours": 0},
        {"kind": "topic", "hours": 99999},
        {"kind": "story", "hours": 1, "value": "9223372036854775807"},
        {"kind": "term", "hours": 1, "value": " "},
        {"kind": "topic", "hours": 1, "channel": "nowhere"},
    ],
)
def test_what_cannot_be_muted_is_said(shown_newsroom: Newsroom, fields: dict[str, object]) -> None:
    """In words, and nothing is changed."""
    csrf = shown_newsroom.csrf()
    answer = shown_newsroom.client.post(f"{TOPIC}/mute", data={"csrf": csrf, **fields})
    assert answer.status_code == 400
    with shown_newsroom.app.store.read() as tx:
        assert tx.mutes.in_force(shown_newsroom.clock.now()) == []


def test_a_muted_story_that_waits_says_so(newsroom: Newsroom) -> None:
    """What answers and was not told yet waits, and under a mute it says until when."""
    with newsroom.app.store.write() as tx:
        [line, *_] = tx.topic_views.newest(TopicKey("floods"), before=None, limit=1)
        tx.connection.exec_driver_sql(f"UPDATE match SET digest_id = NULL WHERE article_id = {line.article_id}")
        tx.connection.exec_driver_sql("DELETE FROM sent_log")
    [story, *_] = newsroom.client.get("/api/v1/topics/floods/stories").json()["items"]
    assert story["fate"] == "waits"
    newsroom.client.post("/api/v1/mutes", json={"kind": "topic", "value": "floods", "hours": 5, "reason": "drill"})
    [story, *_] = newsroom.client.get("/api/v1/topics/floods/stories").json()["items"]
    assert (story["fate"], story["fate_words"]) == ("muted", "by web:local: drill")


def test_the_digest_is_shown_as_each_medium_has_it(shown_newsroom: Newsroom) -> None:
    """Slack's blocks as words, the mail in a frame that may do nothing, the console's text."""
    client = shown_newsroom.client
    slack = client.get(f"{TOPIC}/preview")
    assert "Why: hostages, talks" in slack.text
    assert "A phone says" in slack.text
    mail = client.get(f"{TOPIC}/preview?medium=mail")
    assert "frame-src 'self'" in mail.headers["content-security-policy"]
    assert f'src="{TOPIC}/preview.html?since=24h"' in mail.text
    framed = client.get(f"{TOPIC}/preview.html")
    assert framed.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in framed.headers["content-security-policy"]
    assert "Hostage negotiations" in framed.text
    assert "=====" in client.get(f"{TOPIC}/preview?medium=text&since=7d").text


def test_a_topic_that_is_not_there_is_named(shown_newsroom: Newsroom) -> None:
    """With what is near; on the page and for programs."""
    page = shown_newsroom.client.get("/topics/hostage-negotiation")
    assert page.status_code == 404
    assert "hostage-negotiations" in page.text
    assert shown_newsroom.client.get("/api/v1/topics/nothing").status_code == 404
    assert shown_newsroom.client.get(f"/api/v1{TOPIC}/stories?after=x").status_code == 400


def test_what_feeds_write_is_text_on_every_page_of_a_topic(shown_hostile_newsroom: Newsroom) -> None:
    """Stories, levels, previews."""
    addresses = (TOPIC, f"{TOPIC}/level?level=broad", f"{TOPIC}/preview", f"{TOPIC}/preview.html?since=3d", "/topics")
    for address in (*addresses, "/topics/gulf-shipping", "/search?q=tanker", "/search/topic?q=tanker+AND+seized"):
        page = shown_hostile_newsroom.client.get(address)
        assert page.status_code == 200
        for payload in PAYLOADS:
            assert payload not in page.text, address
