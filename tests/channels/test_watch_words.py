"""What is typed behind `/watch`, and how answers look: nothing that is typed is read by Slack."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.channels.asked import Answer, AnswerButton, AnswerLine, say
from monitor.channels.slack_replies import render_reply
from monitor.channels.watch_words import WatchWords, read_words


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", WatchWords("help")),
        ("  LIST ", WatchWords("list")),
        ("add Hostage talks", WatchWords("add", "Hostage talks")),
        ("add Talks | a, b | c", WatchWords("add", "Talks", ("a", "b", "c"))),
        ("add Talks | a,, ,a", WatchWords("add", "Talks", ("a",))),
        ('add "A | B, C" | "d, e", “f | g”', WatchWords("add", "A | B, C", ("d, e", "f | g"))),
        ('add The "Gulf" affair | x', WatchWords("add", 'The "Gulf" affair', ("x",))),
        ('add "Gulf | x', WatchWords("add", '"Gulf', ("x",))),
        ("add <@U1> & <!here>", WatchWords("add", "<@U1> & <!here>")),
        ("test ships", WatchWords("test", "ships")),
        ("mute Hostage talks 24h", WatchWords("mute", "Hostage talks", span="24h")),
        ("mute Hostage talks", WatchWords("mute", "Hostage talks")),
        ('mute "24h" 2D', WatchWords("mute", "24h", span="2d")),
        ("mute 24h", WatchWords("mute", "24h")),
        ("remove «Hostage talks»", WatchWords("remove", "Hostage talks")),
        ("digest now", WatchWords("digest")),
        ("digest NOW Hostage talks", WatchWords("digest", "Hostage talks")),
        ("launch rockets", WatchWords("launch", "rockets")),
    ],
)
def test_each_command_is_read(typed: str, read: WatchWords) -> None:
    """As a person means it, with or without quotes."""
    assert read_words(typed) == read


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read_as_something(typed: str) -> None:
    """It never fails, and an answer that repeats it can be shown."""
    words = read_words(f"add {typed}")
    reply = render_reply(say(words.name, *words.terms), replaces=False)
    assert reply["text"].strip() or not "".join([words.name, *words.terms]).strip() or reply["blocks"]
    assert json.dumps(reply)
    assert "<" not in reply["text"]


def test_an_answer_holds_text_as_text() -> None:
    """Nothing mentions, links or formats but our own links; what is too long is cut, and says so."""
    hostile = AnswerLine("<!here> *bold* <https://evil.example|bank>", "https://ok.example/a", "by <@U1>", is_bold=True)
    script = AnswerLine("x", "javascript:alert(1)")
    answer = Answer((hostile, script), (AnswerButton("Add " + "x" * 100, "confirm:1", is_main=True),))
    reply = render_reply(answer, replaces=True)
    [rich, row] = reply["blocks"]
    elements = rich["elements"][0]["elements"]
    assert [one["url"] for one in elements if one["type"] == "link"] == ["https://ok.example/a"]
    assert {one["type"] for one in elements} == {"text", "link"}
    assert reply["text"].startswith("&lt;!here&gt;")
    assert len(row["elements"][0]["text"]["text"]) <= 75
    many = render_reply(Answer(tuple(AnswerLine(f"{n} " + "y" * 5_000) for n in range(500))), replaces=False)
    assert len(json.dumps(many)) < 13_000
    assert "more lines" in json.dumps(many)
    assert render_reply(Answer(()), replaces=False)["text"] == "Done."
