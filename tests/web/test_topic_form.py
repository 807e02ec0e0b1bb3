"""One topic as a form: what it would change is shown, a fault at its field, and the editor's own road writes it."""

import html
import re
from typing import Any

import pytest

from tests.web.guarded import WALL_TOKEN, guarded
from tests.web.newsroom import WATCHLIST, Newsroom
from tests.web.payloads import PAYLOADS

PATH = "/watchlist/topics/hostage-negotiations"
TALKS = {
    "name": "Hostage negotiations",
    "also": "captive release\r\nprisoner swap",
    "level": "balanced",
    "query": "",
    "exclude": 'film OR "video game"',
    "channels": ["console", "archive"],
    "schedule": "every 1h",
    "settle": "2m",
    "breaking": "yes",
    "quiet_hours": "",
    "at_most": "",
    "target": "",
    "dedup": "balanced",
}
"""As the page shows it."""


def send(room: Newsroom, path: str = PATH, **fields: object) -> str:
    """The form as it stands, with these fields typed; the page that comes."""
    answer = room.client.post(path, data={**TALKS, "csrf": room.csrf(), "expected": hidden(room, "expected"), **fields})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def hidden(room: Newsroom, name: str, page: str = "") -> str:
    """What a page carries unseen."""
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page or room.client.get(PATH).text)
    assert found is not None
    return html.unescape(found[1])


def written(room: Newsroom) -> str:
    """What stands in the file."""
    return (room.folder / "watchlist.toml").read_text(encoding="utf-8")


def test_the_form_shows_the_topic_as_it_stands(shown_newsroom: Newsroom) -> None:
    """Linked from its page; what the file does not say is shown as it is then, and sent back changes nothing."""
    room = shown_newsroom
    assert f'href="{PATH}"' in room.client.get("/topics/hostage-negotiations").text
    page = room.client.get(PATH).text
    assert "captive release\nprisoner swap</textarea>" in page
    assert 'value="every 1h"' in page
    assert page.count(" checked") == 3, "two channels, and breaking"
    assert "<option selected>balanced</option>" in page
    assert "Nothing differs" in send(room)
    query = room.client.get("/watchlist/topics/gulf-shipping").text
    assert "(tanker OR vessel OR &#34;cargo ship&#34;)" in query
    assert room.client.get("/watchlist/topics/nothing").status_code == 404


def test_what_is_typed_is_proposed_and_written_by_the_editors_road(newsroom: Newsroom) -> None:
    """With its plan and the lines of the file; nothing is written before it is applied, and comments stay."""
    page = send(newsroom, also="captive release\nprisoner swap\nceasefire", target="15m", breaking="")
    assert "edited: also, breaking" in page
    assert "target = &#34;15m&#34;" in page
    assert written(newsroom) == WATCHLIST
    fields = {name: hidden(newsroom, name, page) for name in ("csrf", "text", "note")}
    fields["expected"] = hidden(newsroom, "expected", page[page.index('id="proposal"') :])
    assert fields["note"] == "hostage-negotiations: also, breaking, target"
    done = newsroom.client.post("/watchlist/apply", data=fields)
    assert "It comes in force within seconds" in done.text
    also = 'also = ["captive release", "prisoner swap"'
    name = "# a name alone is a topic\n"
    wanted = WATCHLIST.replace(f"{also}]", f'{also}, "ceasefire"]')
    assert written(newsroom) == wanted.replace(name, f'{name}target = "15m"\nbreaking = false\n')
    page = send(newsroom, expected="0" * 64)
    assert "Somebody else wrote the file meanwhile" in page, "seen by the hash that the form carries"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "name"),
        ("query", "tanker AND (seized", "("),
        ("exclude", "film OR", "Column 8: the query ends"),
        ("schedule", "evry 1h", "every"),
        ("settle", "soon", "5m"),
        ("quiet_hours", "25:00-26:00", "08:00"),
        ("at_most", "many", "per day"),
        ("target", "1s", "at least 60"),
        ("channels", [], "Choose at least one."),
        ("channels", ["carrier-pigeon"], "There is no channel"),
    ],
)
def test_a_fault_is_said_at_its_field(shown_newsroom: Newsroom, field: str, typed: object, said: str) -> None:
    """In words, with what was typed kept; and nothing can be applied."""
    fields: dict[str, Any] = {field: typed, "also": ""} if field == "query" else {field: typed}
    page = send(shown_newsroom, **fields)
    at = page.partition(f'data-faults="{field}"')[2].partition("</div>")[0]
    assert '<p class="bad">' in at, page
    assert said in html.unescape(at)
    assert 'aria-invalid="true"' in page
    assert "Apply as a revision" not in page


def test_a_query_and_names_do_not_go_together(shown_newsroom: Newsroom) -> None:
    """Said at the names, which would be lost; a level goes by itself, and a query may have lines."""
    page = send(shown_newsroom, query="hostage AND talks")
    assert "belongs to a topic without `query`" in page.partition('data-faults="also"')[2].partition("</div>")[0]
    page = send(shown_newsroom, query="(hostage OR captive)\r\nAND talks", also="", must="")
    assert "(hostage OR captive)\nAND talks\n&#39;&#39;&#39;" in hidden_raw(page)
    floods = {"name": "River floods", "level": "broad", "also": "", "exclude": "", "channels": ["console"]}
    page = send(shown_newsroom, "/watchlist/topics/floods", **floods, schedule="every 6h", query="flood*")
    assert "level" not in html.unescape(hidden_raw(page)).partition("[topics.floods]")[2]


def hidden_raw(page: str) -> str:
    """The proposed text as it stands in the page."""
    return page.partition('name="text" value="')[2].partition('">')[0]


def test_an_example_that_would_fail_is_told_beside_the_form(shown_newsroom: Newsroom) -> None:
    """It stands in the file, not in a field."""
    page = send(shown_newsroom, name="Weather", also="")
    assert "1 fault" in page
    assert "is not found" in page


def test_who_may_only_read_may_ask_and_write_nothing(shown_newsroom: Newsroom) -> None:
    """The plan comes, without a button; without the page's own mark not even that."""
    with guarded(shown_newsroom) as site:
        site.sign_in(WALL_TOKEN)
        mark = hidden(shown_newsroom, "csrf", site.client.get(PATH).text)
        page = site.client.post(PATH, data={**TALKS, "level": "broad", "csrf": mark}).text
        assert "edited: level" in page
        assert "Apply as a revision" not in page
        assert site.client.post(PATH, data={**TALKS, "csrf": "x"}).status_code == 403


def test_what_is_typed_is_words(shown_newsroom: Newsroom) -> None:
    """In fields, faults, lines and plan."""
    for payload in PAYLOADS:
        page = send(shown_newsroom, name=payload[:150], also=payload, exclude=payload)
        assert payload not in page
