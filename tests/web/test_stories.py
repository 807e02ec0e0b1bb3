"""The stories: the list, one of them whole, and a person's corrections of it."""

import re

from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS


def numbers_in(page: str) -> list[int]:
    """The stories that a list shows."""
    return [int(found) for found in re.findall(r'class="headline"><a href="/stories/(\d+)"', page)]


def wire_story(room: Newsroom) -> int:
    """A story that five outlets have."""
    lists = room.client.get("/api/v1/stories?show=all&limit=200").json()["items"]
    return int(next(one["story"] for one in lists if one["articles"] >= 5 and one["told_on"]))


def test_the_list_has_its_kinds_and_goes_on(shown_newsroom: Newsroom) -> None:
    """Those that answer a topic, told, not told, or all; a page at a time, none twice and none left out."""
    client = shown_newsroom.client
    seen: list[int] = []
    address = "/stories?show=all&limit=7"
    while address:
        page = client.get(address).text
        seen += numbers_in(page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") + "&limit=7" if older else ""
    assert len(seen) == len(set(seen)) > 40
    whole = numbers_in(client.get("/stories?limit=200").text)
    told, untold = (numbers_in(client.get(f"/stories?limit=200&show={kind}").text) for kind in ("told", "untold"))
    assert set(told) <= set(whole) <= set(seen)
    assert set(whole) - set(told) == set(untold)
    ships = numbers_in(client.get("/stories?limit=200&topic=gulf-shipping").text)
    assert ships
    assert set(ships) < set(whole)
    assert (
        "No such story" in client.get("/stories?show=told&topic=gulf-shipping&after=2020-01-01T00:00:00%2B00:00~1").text
    )


def test_a_story_says_who_was_first_and_where_it_was_told(shown_newsroom: Newsroom) -> None:
    """Copies and reports on a time line, in words too."""
    number = wire_story(shown_newsroom)
    page = shown_newsroom.client.get(f"/stories/{number}").text
    for words in ("had it first", "copy", "Where it was told", "console", "Topics it answers", "Why it belongs here"):
        assert words in page
    assert "<svg" in page
    assert shown_newsroom.client.get("/stories/999999999").status_code == 404
    assert shown_newsroom.client.get("/stories/99999999999999999999").status_code == 404


def test_a_person_takes_a_story_apart_and_together_again(newsroom: Newsroom) -> None:
    """Each correction carries a reason and a name, and is undone from the page itself."""
    number, client, csrf = wire_story(newsroom), newsroom.client, csrf_of(newsroom)
    members = client.get(f"/api/v1/stories/{number}").json()["members"]
    odd = members[-1]["article"]
    page = client.post(
        f"/stories/{number}/split", data={"csrf": csrf, "article": str(odd), "reason": "another round"}
    ).text
    assert "What was ticked is a story of its own now" in page
    assert "another round" in page
    assert "web:local" in page
    whole = client.get(f"/api/v1/stories/{number}").json()
    assert odd not in {one["article"] for one in whole["members"]}
    part = whole["changes"][-1]["other"]
    assert client.get(f"/api/v1/stories/{part}").json()["told"], "it stays told where the whole was"
    page = client.post(
        f"/stories/{number}/merge", data={"csrf": csrf, "other": str(part), "reason": "one after all"}
    ).text
    assert "one story now" in page
    assert "one after all" in page
    assert len(client.get(f"/api/v1/stories/{number}").json()["members"]) == len(members)
    assert client.post(f"/stories/{number}/merge", data={"csrf": csrf, "other": "x"}).status_code == 400
    assert client.post(f"/stories/{number}/split", data={"csrf": csrf}).status_code == 400
    assert client.post(f"/stories/{number}/split", data={"csrf": "x", "article": str(odd)}).status_code == 403


def test_another_story_is_found_by_its_headline(shown_newsroom: Newsroom) -> None:
    """And offered to be merged; a story is not offered itself."""
    number = wire_story(shown_newsroom)
    page = shown_newsroom.client.get(f"/stories/{number}?like=talks about valley hostages resume").text
    offered = {int(found) for found in re.findall(r'type="radio" name="other" value="(\d+)"', page)}
    assert offered
    assert number not in offered
    assert "No other headline" in shown_newsroom.client.get(f"/stories/{number}?like=zebra crossing").text


def test_a_story_is_held_back_or_followed(newsroom: Newsroom) -> None:
    """For a week, by the person at the page, and taken back there."""
    number, client, csrf = wire_story(newsroom), newsroom.client, csrf_of(newsroom)
    page = client.post(f"/stories/{number}/mute", data={"csrf": csrf, "reason": "known"}).text
    assert "muted until" in page
    assert "known" in page
    assert "muted until" not in client.post(f"/stories/{number}/unmute", data={"csrf": csrf}).text
    assert (
        "console follows it" in client.post(f"/stories/{number}/follow", data={"csrf": csrf, "channel": "console"}).text
    )
    assert client.post(f"/stories/{number}/follow", data={"csrf": csrf, "channel": "nowhere"}).status_code == 400
    page = client.post(f"/stories/{number}/unfollow", data={"csrf": csrf, "channel": "console"}).text
    assert "follows it" not in page


def test_programs_may_do_the_same(newsroom: Newsroom) -> None:
    """With the same answers in words where something cannot be."""
    number, client = wire_story(newsroom), newsroom.client
    whole = client.get(f"/api/v1/stories/{number}").json()
    assert whole["first"]
    assert whole["told"][0]["delivered"] in (True, False)
    split = client.post(f"/api/v1/stories/{number}/split", json={"articles": [whole["members"][-1]["article"]]})
    part = split.json()["change"]["other"]
    assert client.post(f"/api/v1/stories/{number}/merge", json={"other": part}).json()["articles"] == 5
    assert client.post(f"/api/v1/stories/{number}/mute", json={"hours": 2}).json()["story"] == number
    assert client.post(f"/api/v1/stories/{number}/mute", json={"channel": "nowhere"}).status_code == 404
    assert client.post(f"/api/v1/stories/{number}/follow", json={"channel": "console"}).status_code == 200
    assert client.post(f"/api/v1/stories/{number}/split", json={"articles": []}).status_code == 422
    assert client.get("/api/v1/stories?after=x").status_code == 400
    assert client.get("/api/v1/stories?topic=x").status_code == 404


def test_what_feeds_write_is_text_in_stories(shown_hostile_newsroom: Newsroom) -> None:
    """Nothing of it is markup, in the list or in a story."""
    client = shown_hostile_newsroom.client
    items = client.get("/api/v1/stories?show=all&limit=30").json()["items"]
    pages = [client.get("/stories?show=all").text, *(client.get(f"/stories/{one['story']}").text for one in items[:12])]
    for page in pages:
        assert not [payload for payload in PAYLOADS if payload in page]


def csrf_of(room: Newsroom) -> str:
    """What a form of a story carries back."""
    page: str = room.client.get(f"/stories/{wire_story(room)}").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]
