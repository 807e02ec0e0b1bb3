"""The watchlist on its page: shown, planned, written byte for byte, refused with what was typed kept, taken back."""

import re

import pytest

from monitor.edits import Edits
from tests.web.guarded import WALL_TOKEN, basic, bearer, guarded
from tests.web.newsroom import WATCHLIST, Newsroom

FAULTY = WATCHLIST.replace('level = "broad"', 'level = "brode"')
WIDER = WATCHLIST.replace('level = "broad"', 'level = "strict"  # fewer, please')


def send(room: Newsroom, path: str, text: str, **fields: str) -> str:
    """A form of the page, sent; the page that comes."""
    sent = {"csrf": room.csrf(), "text": text.replace("\n", "\r\n"), "expected": expected(room), **fields}
    answer = room.client.post(f"/watchlist/{path}", data=sent)
    return f"{answer.status_code} {answer.text}"


def expected(room: Newsroom) -> str:
    """The hash that stands in the form."""
    found = re.search(r'name="expected" value="(\w+)"', room.client.get("/watchlist").text)
    assert found is not None
    return found[1]


def written(room: Newsroom) -> str:
    """What stands in the file."""
    return (room.folder / "watchlist.toml").read_bytes().decode()


def take(room: Newsroom) -> None:
    """What the daemon does each second."""
    edits = Edits(room.app, room.watcher, lambda loaded: None)
    edits.look()
    edits.look()


def test_the_page_shows_the_file_and_that_it_is_in_force(shown_newsroom: Newsroom) -> None:
    """Its very text, where it stands, and the latest of its history."""
    page = shown_newsroom.client.get("/watchlist").text
    assert "# The desk&#39;s watchlist: this comment stays." in page
    assert "In force since" in page
    assert "As in force" in page


def test_a_plan_is_made_of_what_is_typed_and_nothing_is_written(shown_newsroom: Newsroom) -> None:
    """Faults with their lines quoted; else what comes and goes by topic; or that nothing does."""
    room = shown_newsroom
    faulty = send(room, "plan", FAULTY)
    assert 'data-line="24"' in faulty
    assert "Did you mean" in faulty
    assert '<code class="quoted">level = &#34;brode&#34;</code>' in faulty
    broken = send(room, "plan", WATCHLIST + "\n[topics.x\n")
    assert "This is not TOML" in broken
    example = send(room, "plan", WATCHLIST.replace("talks to free the captives resume in Doha", "the weather is fine"))
    assert "is not found" in example
    planned = send(room, "plan", WIDER)
    assert planned.startswith("200 ")
    assert "River floods" in planned
    assert "edited: level" in planned
    assert "No topic changes" in send(room, "plan", WATCHLIST + "# a word more\n")
    assert "As in force" in send(room, "plan", WATCHLIST)
    assert FAULTY.split("\n")[0] in send(room, "check", FAULTY).replace("&#39;", "'")
    assert written(room) == WATCHLIST


def test_an_edit_is_written_byte_for_byte_and_comes_in_force(newsroom: Newsroom) -> None:
    """With its author and note in the history; taken back by the page of its revision."""
    page = send(newsroom, "apply", WIDER, note="too much rain")
    assert "It comes in force within seconds" in page
    assert written(newsroom) == WIDER
    take(newsroom)
    assert 'data-state="in force"' in newsroom.client.get("/watchlist/state").text
    with newsroom.app.store.read() as tx:
        head, first, *_ = tx.revisions.listed()
    assert (head.author, head.note) == ("web:local", "too much rain")
    back = newsroom.client.get(f"/watchlist?revision={first.id}").text
    assert "A proposal." in back
    assert "Written back" in send(newsroom, "apply", WATCHLIST, revision=str(first.id), note=f"rollback to {first.id}")
    assert written(newsroom) == WATCHLIST
    take(newsroom)
    with newsroom.app.store.read() as tx:
        newest = tx.revisions.head()
    assert newest is not None
    assert newest.note == f"rollback to {first.id}"


def test_what_is_refused_is_not_lost(newsroom: Newsroom) -> None:
    """A faulty text, and one made of a file that somebody else wrote meanwhile: shown again, with theirs and ours."""
    page = send(newsroom, "apply", FAULTY)
    assert page.startswith("422 ")
    assert "brode" in page
    assert written(newsroom) == WATCHLIST
    before = expected(newsroom)
    theirs = WATCHLIST.replace("# The desk's", "# Our desk's")
    (newsroom.folder / "watchlist.toml").write_text(theirs, encoding="utf-8")
    page = send(newsroom, "apply", WIDER, expected=before)
    assert page.startswith("409 ")
    assert "What they changed" in page
    assert "fewer, please" in page
    assert written(newsroom) == theirs
    assert "It comes in force" in send(newsroom, "apply", WIDER), "seen, and written over it"


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_ends_and_the_mark_stay_as_they_are(newsroom: Newsroom, ends: str) -> None:
    """A browser sends its own line ends, whatever the file has; and shows no byte order mark."""
    path = newsroom.folder / "watchlist.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WATCHLIST.replace("\n", ends).encode())
    assert "It comes in force" in send(newsroom, "apply", WIDER)
    assert path.read_bytes() == b"\xef\xbb\xbf" + WIDER.replace("\n", ends).encode()


def test_a_level_is_proposed_in_the_text(shown_newsroom: Newsroom) -> None:
    """With its plan beside it, comments kept, nothing written; an unknown topic is an answer, not a failure."""
    page = shown_newsroom.client.get("/watchlist?topic=hostage-negotiations&level=broad").text
    assert "A proposal." in page
    assert "this comment stays" in page
    assert "# a name alone is a topic\nlevel = &#34;broad&#34;\n" in page
    assert "edited: level" in page
    assert written(shown_newsroom) == WATCHLIST
    assert shown_newsroom.client.get("/watchlist?topic=nothing&level=broad").status_code == 400


def test_who_may_only_read_may_ask_what_an_edit_would_do(shown_newsroom: Newsroom) -> None:
    """A plan, on the page and by the API; but no button writes, and a form of theirs that would is refused."""
    with guarded(shown_newsroom) as site:
        site.sign_in(WALL_TOKEN)
        page = site.client.get("/watchlist").text
        assert "this comment stays" in page
        assert "Apply as a revision" not in page
        sent = {"csrf": page.partition('name="csrf" value="')[2].partition('"')[0], "text": WIDER}
        for path in ("plan", "check"):
            assert "edited: level" in site.client.post(f"/watchlist/{path}", data=sent).text
            assert site.client.post(f"/watchlist/{path}", data={**sent, "csrf": "x"}).status_code == 403
        assert "Go back to" not in site.client.get("/watchlist/revisions/1").text
        assert site.client.post("/watchlist/apply", data=sent).status_code == 403
        site.client.cookies.clear()
        asked = {"text": WIDER}
        for headers in (bearer(WALL_TOKEN), basic(WALL_TOKEN)):
            answer = site.client.post("/api/v1/watchlist/plan", json=asked, headers=headers)
            assert [one["topic"] for one in answer.json()["topics"]] == ["floods"]
            plain = {**headers, "Content-Type": "text/plain"}
            assert site.client.post("/api/v1/watchlist/plan", content="{}", headers=plain).status_code == 403
        edit = {**asked, "expected_hash": "0" * 64}
        assert site.client.put("/api/v1/watchlist", json=edit, headers=bearer(WALL_TOKEN)).status_code == 403
    assert written(shown_newsroom) == WATCHLIST
