"""What stands beside a digest's stories, in every medium: more on what was told, other headlines, the appendix."""

import json

from msgspec.structs import replace

from monitor.channels.email_message import HTML_BYTES_MAX, render_html
from monitor.channels.plain import render_text
from monitor.channels.record import digest_record
from monitor.channels.slack_blocks import render_messages
from monitor.channels.wording import folded_lines, follow_up_groups
from tests.fakes.digests import (
    KEY,
    a_digest,
    a_digest_of_huge_lines,
    a_digest_with_lines,
    a_hostile_digest,
    a_huge_digest,
)

HEADS = ("More on what you were told", "Not told, because")


def slack_text(digest_messages: list[dict[str, object]]) -> str:
    """All that the messages show, as one text."""
    return json.dumps(digest_messages, ensure_ascii=False)


def test_every_medium_shows_the_lines_with_title_outlet_and_address() -> None:
    """Text, mail, Slack and record have the same lines under the same words, and count the rest."""
    digest = a_digest_with_lines()
    for shown in (render_text(digest), render_html(digest), slack_text(render_messages(digest, KEY))):
        for words in (*HEADS, "Ferry 7 left the harbour", "https://harbourpost.example/ferry/7", "and 7 more"):
            assert words in shown, words
        assert "Captives may go home" in shown
        assert "https://delta.example/h" in shown
    record = digest_record(digest)
    assert record["follow_ups"][0]["told"] == "Ferry 0 left the harbour"
    assert (len(record["follow_ups"]), len(record["folded"]), record["folded_more"]) == (10, 20, 7)
    assert record["stories"][0]["headlines"][1] == {"title": "No link", "outlet": "", "url": ""}


def test_the_text_reads_like_this() -> None:
    """Lines stand under the title of what was told; the appendix says why for each."""
    text = render_text(replace(a_digest_with_lines(), follow_ups_more=0, folded_more=0))
    assert (
        "More on what you were told\n"
        "  Ferry 0 left the harbour\n"
        "    - Ferry 0 left the harbour – Ferry 0 left the harbour\n"
        "      https://harbourpost.example/ferry/0\n"
    ) in text
    assert "copy of “Ferry 0 left the harbour”\n" in text
    assert "report of “Ferry 1 left the harbour”, told Sat 14 Mar 07:00 CET" in " ".join(text.split())


def test_without_lines_nothing_of_it_stands_there() -> None:
    """A digest of stories alone looks as it always did."""
    digest = a_digest()
    for shown in (render_text(digest), render_html(digest), slack_text(render_messages(digest, KEY))):
        assert not [head for head in HEADS if head in shown]


def test_hostile_lines_are_clean() -> None:
    """Titles and outlets in lines are one line without control characters, and only web addresses are linked."""
    digest = a_hostile_digest()
    lines = [line for _, group in follow_up_groups(digest) for line in group] + folded_lines(digest)
    for line in lines:
        assert not set(line.title + line.after) & set("\n\r\x00\x07\x1b\u202e\u2028\u2066")
        assert not line.url or line.url.startswith(("http://", "https://"))
    assert "\x1b" not in render_text(digest)
    assert "<script>" not in render_html(digest)


def test_no_lines_push_stories_out_of_a_mail() -> None:
    """Where lines alone would fill a mail, the stories stay and the text part has the lines."""
    digest = a_digest_of_huge_lines()
    html = render_html(digest)
    assert len(html.encode()) <= HTML_BYTES_MAX
    assert html.count("gulfwire.example/world/") == 10
    assert "in the plain text part of this mail" in html
    crowded = render_html(replace(a_huge_digest(), follow_ups=digest.follow_ups, folded=digest.folded))
    assert len(crowded.encode()) <= HTML_BYTES_MAX
