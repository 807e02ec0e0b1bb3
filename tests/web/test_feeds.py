"""The feeds: the list with what ails them first, one of them whole, and a person's word on them."""

import re

from monitor.feeds.advice import Drop, Faster
from monitor.model import FeedId
from monitor.views.feeds import Advice, list_feeds
from monitor.views.spans import say_span
from monitor.web.pages import read_templates, say_count, say_moment
from monitor.web.person import Person
from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS


def feed_named(room: Newsroom, name: str) -> int:
    """Its number."""
    items = room.client.get("/api/v1/feeds").json()["items"]
    return int(next(one["id"] for one in items if one["feed"] == name))


def csrf_of(room: Newsroom) -> str:
    """What a form of ours carries back."""
    page: str = room.client.get("/feeds/add").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_the_list_begins_with_what_ails(shown_newsroom: Newsroom) -> None:
    """In words, a page at a time, one condition at wish."""
    client = shown_newsroom.client
    page = client.get("/feeds").text
    names = re.findall(r'class="headline"><a href="/feeds/\d+">([^<]+)<', page)
    assert names[0] == "Delta Herald"
    assert len(names) == 6
    assert "5 of 6 feeds" in page or "feeds are read as they should be" in page
    assert "Drop these, lose nothing" in page
    assert "Poll these faster, gain minutes" in page
    seen: list[str] = []
    after = ""
    while True:
        answer = client.get(f"/api/v1/feeds?limit=2{after}").json()
        seen += [one["feed"] for one in answer["items"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert seen == names
    assert [one["feed"] for one in client.get("/api/v1/feeds?only=fails").json()["items"]] == ["Delta Herald"]
    assert client.get("/api/v1/feeds?after=x").status_code == 400


def test_advice_is_shown_with_its_evidence(shown_newsroom: Newsroom) -> None:
    """What a feed only repeats, by whom it is covered, and what a shorter wait would gain."""
    room = shown_newsroom
    one, other = FeedId(1), FeedId(2)
    drop = Drop(one, 212, 180, 32, 14, (other,))
    faster = Faster(other, per_week=21, delay_s=700, gain_s=420, wait_s=1200, to_s=300, visits_more=216)
    templates = read_templates()
    templates.globals.update(static=lambda name: name, nav_items=())
    templates.filters.update(moment=say_moment, count=say_count)
    page = templates.get_template("feeds.html").render(
        person=Person("kim", may_edit=True, csrf="c"),
        zone="UTC",
        now=room.clock.now(),
        path="/feeds",
        nav="feeds",
        found=list_feeds(room.app.store, room.clock.now(), None, 5),
        total=6,
        chosen=None,
        advice=Advice((drop,), (faster,), {one: "Echo & Co", other: "Gulf Wire"}, room.clock.now()),
        span=say_span,
        more=None,
        done="",
    )
    for words in ("Echo &amp; Co", "180 copies, 32 later reports", "14 of its stories were told", "mostly Gulf Wire"):
        assert words in page
    for words in ("<b>7 min</b> sooner", "21 articles a week", "216 more visits a day", "every 5 min is allowed"):
        assert words in page


def test_a_feed_tells_all_of_itself(shown_newsroom: Newsroom) -> None:
    """When its news comes, why it is visited as it is, what it brought and what that was worth."""
    number = feed_named(shown_newsroom, "River Daily")
    page = shown_newsroom.client.get(f"/feeds/{number}").text
    for words in ("When its news comes", "Why it is visited every", "What it is good for", "Last visits", "copy"):
        assert words in page
    assert page.count('<rect class="level-') >= 168
    whole = shown_newsroom.client.get(f"/api/v1/feeds/{number}").json()
    assert len(whole["rates"]) == 168
    assert whole["worth"]["articles"] == sum(whole["worth"][key] for key in ("alone", "first", "reports", "copies"))
    assert whole["delay"]["median_s"] <= whole["delay"]["p90_s"]
    assert shown_newsroom.client.get("/feeds/999").status_code == 404
    assert shown_newsroom.client.get("/feeds/0").status_code == 404
    assert shown_newsroom.client.get("/api/v1/feeds/999").status_code == 404


def test_a_key_in_an_address_is_shown_nowhere(newsroom: Newsroom) -> None:
    """Its query may be one."""
    csrf = csrf_of(newsroom)
    secret = "https://paid.example/feed?token=abc123key"
    done = newsroom.client.post("/feeds/add", data={"csrf": csrf, "url": secret, "name": "Paid"})
    assert done.status_code == 200
    assert "abc123key" not in done.text
    loaded = newsroom.watcher.look()
    assert loaded is not None
    assert loaded.loaded is not None
    newsroom.app.apply(loaded.loaded, "a feed", {})
    newsroom.watcher.accept(loaded)
    number = feed_named(newsroom, "Paid")
    for path in ("/feeds", f"/feeds/{number}", "/api/v1/feeds", f"/api/v1/feeds/{number}"):
        text = newsroom.client.get(path).text
        assert "Paid" in text
        assert "abc123key" not in text


def test_a_person_has_a_word_on_a_feed(newsroom: Newsroom) -> None:
    """Visit it now, mute it, take it out; the file keeps its comments, the archive who did it."""
    client, csrf = newsroom.client, csrf_of(newsroom)
    number = feed_named(newsroom, "Gulf Wire")
    (newsroom.folder / "feeds.toml").write_text(
        "# ours\n" + (newsroom.folder / "feeds.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert "visited within seconds" in client.post(f"/feeds/{number}/retry", data={"csrf": csrf}).text
    page = client.post(f"/feeds/{number}/mute", data={"csrf": csrf, "reason": "test week"}).text
    assert "muted until" in page
    assert "muted until" not in client.post(f"/feeds/{number}/unmute", data={"csrf": csrf}).text
    assert client.post(f"/feeds/{number}/accept", data={"csrf": csrf}).status_code == 400
    assert client.post(f"/feeds/{number}/remove", data={"csrf": csrf}).status_code == 400
    assert "taken out" in client.post(f"/feeds/{number}/remove", data={"csrf": csrf, "sure": "1"}).text
    text = (newsroom.folder / "feeds.toml").read_text(encoding="utf-8")
    assert text.startswith("# ours\n")
    assert "Gulf Wire" not in text
    assert client.post(f"/feeds/{number}/retry", data={"csrf": "x"}).status_code == 403


def test_an_address_that_is_none_is_refused_in_words(newsroom: Newsroom) -> None:
    """So is one that is there already, and one that leads home."""
    client, csrf = newsroom.client, csrf_of(newsroom)
    assert client.post("/feeds/add", data={"csrf": csrf, "url": "nothing"}).status_code == 400
    known = client.post("/feeds/add", data={"csrf": csrf, "url": "http://outlet1.example/rss"})
    assert known.status_code == 400
    assert "there already" in known.text
    home = client.post("/feeds/find", data={"csrf": csrf, "address": "http://127.0.0.1:9/feed"})
    assert home.status_code == 200
    assert 'role="alert"' in home.text
    assert client.post("/api/v1/feeds/find", json={"address": "http://127.0.0.1:9/feed"}).status_code == 400


def test_what_feeds_write_is_text_in_feeds(shown_hostile_newsroom: Newsroom) -> None:
    """Nothing of it is markup, in the list or in a feed."""
    client = shown_hostile_newsroom.client
    numbers = [one["id"] for one in client.get("/api/v1/feeds").json()["items"]]
    for path in ("/feeds", *(f"/feeds/{number}" for number in numbers)):
        page = client.get(path).text
        assert not [payload for payload in PAYLOADS if payload in page], path
