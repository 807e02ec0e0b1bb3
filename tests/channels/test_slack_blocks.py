"""Slack messages: whole, within every limit, and deaf to what a feed tries to say to Slack."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.channels.slack_blocks import render_messages
from monitor.channels.slack_elements import (
    BLOCKS_CHARS_MAX,
    BLOCKS_MAX,
    EDIT_CHARS,
    LINES_MAX,
    STORIES_MAX,
    kind_of,
    size_of,
)
from monitor.channels.slack_notes import note_message
from monitor.channels.wording import link_of, title_of
from monitor.model import Digest, DigestKind, Mark, Note, NoteKind, NoteLine, StoryId, Volume
from tests.fakes.digests import (
    HOSTILE_TITLES,
    HOSTILE_URLS,
    KEY,
    START,
    a_day_of_news,
    a_digest,
    a_hostile_digest,
    a_story,
    an_empty_digest,
    every_digest,
    links_beside,
)
from tests.fakes.slack_checkers import find_faults
from tests.fakes.slack_limits import find_fault

SAMPLES = [
    *every_digest(),
    a_day_of_news(),
    *(a_digest(shown, over) for shown, over in ((0, 1), (8, 0), (9, 0), (20, 31), (1, 15))),
]
MARKUP = re.compile(r"<(?!!date\^\d+\^\{date_short_pretty\} \{time\}\|)|&(?!amp;|lt;|gt;)")
"""What Slack would read as more than words, the times we write ourselves aside."""


def elements_of(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every innermost element of every rich text."""
    for message in messages:
        for block in message["blocks"]:
            if block["type"] == "rich_text":
                yield from _innermost(block)


def _innermost(element: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "elements" not in element:
        yield element
    for inner in element.get("elements", []):
        yield from _innermost(inner)


def links_of(messages: list[dict[str, Any]]) -> list[str]:
    """Every address a reader can click."""
    return [element["url"] for element in elements_of(messages) if element["type"] == "link"]


@pytest.mark.parametrize("is_interactive", [False, True])
@pytest.mark.parametrize("digest", SAMPLES)
def test_every_limit_is_kept_by_counting(digest: Digest, is_interactive: bool) -> None:
    """Slack has no reason to refuse: block count, total size, header, unique ids, text, all of it."""
    for message in render_messages(digest, KEY, is_interactive=is_interactive):
        assert find_fault({**message, "channel": "C1"}) is None
        assert find_faults(message) == []
        assert len(message["blocks"]) <= BLOCKS_MAX
        assert size_of(message["blocks"]) <= BLOCKS_CHARS_MAX - EDIT_CHARS
        assert 0 < len(message["text"]) <= 4000


@pytest.mark.parametrize("digest", SAMPLES)
def test_every_address_and_no_other(digest: Digest) -> None:
    """The addresses to click are the stories' and their other outlets', and every story's is among them."""
    links = links_of(render_messages(digest, KEY))
    stories = digest.stories + digest.overflow
    wanted = {link_of(story.lead.url) for story in stories} - {""}
    others = {link_of(url) for story in stories for _, url in story.others} - {""}
    lines = [one.article.url for one in digest.follow_ups] + [one.article.url for one in digest.folded]
    assert wanted | ({link_of(url) for url in lines} - {""}) <= set(links) <= wanted | others | links_beside(digest)


@pytest.mark.parametrize("digest", SAMPLES)
def test_stories_stand_once_and_in_order(digest: Digest) -> None:
    """Over all parts the stories read in the digest's order, each once."""
    ids = [block["block_id"] for message in render_messages(digest, KEY) for block in message["blocks"]]
    told = [int(one.split(":")[1]) for one in ids if one.split(":")[0] in ("s", "l")]
    assert told == [story.story_id for story in digest.stories + digest.overflow]


def test_parts_are_not_too_long_to_read() -> None:
    """A message tells eight stories, a thread part fifteen lines; the first says how many follow."""
    messages = render_messages(a_digest(20, 31), KEY)
    for message in messages:
        kinds = [kind_of(block) for block in message["blocks"]]
        assert kinds.count("s") <= STORIES_MAX
        assert kinds.count("l") <= LINES_MAX
    shown = sum(kind_of(block) == "s" for block in messages[0]["blocks"])
    assert shown >= 7  # of stories of usual length
    assert f"… and {51 - shown} more" in [element.get("text") for element in elements_of(messages)]


@pytest.mark.parametrize("digest", [a_hostile_digest(), a_day_of_news(), an_empty_digest()])
def test_feed_text_cannot_mention_link_or_format(digest: Digest) -> None:
    """Where Slack reads markup stand words of ours and escaped ones; elsewhere all is literal by its type."""
    messages = render_messages(digest, KEY, is_interactive=True)
    for message in messages:
        assert not MARKUP.search(message["text"])
        assert message["mrkdwn"] is False
        assert message["unfurl_links"] is message["unfurl_media"] is False
        assert "link_names" not in message
        assert "parse" not in message
        for block in message["blocks"]:
            if block["type"] == "context":
                assert not MARKUP.search(block["elements"][0]["text"])
    assert {element["type"] for element in elements_of(messages)} <= {"text", "link", "date"}
    assert all(url.startswith(("http://", "https://")) for url in links_of(messages))


def test_no_word_of_a_feed_stands_where_markup_is_read() -> None:
    """The small grey lines of a hostile digest are those of a plain one, letter by letter."""

    def asides(digest: Digest) -> list[str]:
        blocks = [block for message in render_messages(digest, KEY) for block in message["blocks"]]
        return [block["elements"][0]["text"] for block in blocks if block["type"] == "context"]

    assert asides(a_hostile_digest()) == asides(a_digest())


def test_what_a_publisher_encoded_is_shown_as_typed() -> None:
    """`&lt;!here&gt;` in a title stays those characters: never decoded into a mention."""
    messages = render_messages(a_digest(1, stories=(a_story(1, title="&lt;!here&gt; & co"),)), KEY)
    assert "&lt;!here&gt; & co" in [element.get("text") for element in elements_of(messages)]
    assert "&amp;lt;!here&amp;gt; &amp; co" in messages[0]["text"]


def test_highlights_are_exact() -> None:
    """Bold in the quote is what matched, in the middle of a line."""
    messages = render_messages(a_digest(1), KEY)
    quotes = [part for block in messages[0]["blocks"] for part in block.get("elements", []) if "quote" in part["type"]]
    bold = [element["text"] for element in quotes[0]["elements"] if element.get("style")]
    assert bold == ["talks", "hostages"]


def test_hits_in_a_title_are_marked() -> None:
    """The title leads on as one line; what matched in it is set off, unless the pieces would cost too much."""
    story = a_day_of_news().stories[0]
    links = [one for one in elements_of(render_messages(a_digest(stories=(story,)), KEY)) if one["type"] == "link"]
    title = [one for one in links if one["url"] == story.lead.url]
    assert "".join(one["text"] for one in title) == title_of(story)
    assert [one["text"] for one in title if one["style"].get("italic")] == ["hostage talks"]
    assert all(one["style"]["bold"] for one in title)
    long = replace(story, lead=replace(story.lead, url="https://gulfwire.example/" + "a" * 400))
    assert links_of(render_messages(a_digest(stories=(long,)), KEY)).count(long.lead.url) == 1


def test_nothing_unseen_is_sent() -> None:
    """No control or bidirectional character gets into a message."""
    messages = render_messages(a_hostile_digest(), KEY)
    shown = "".join(str(element.get("text")) for element in elements_of(messages)) + messages[0]["text"]
    assert not set(shown) & set("\x00\x07\x0b\x1b\x1c\x85\u2028\u2029\u202a\u202e\u2066\u2069\ufeff")


def test_the_notification_reads_alone() -> None:
    """A phone shows only the text: topic, counts, the first headlines."""
    text = render_messages(a_digest(2, 5), KEY)[0]["text"]
    assert text.startswith("Hostage negotiations: 7 stories, 217 articles. BREAKING: Mediators say talks number 1")
    assert text.endswith("and 4 more")
    assert "Nothing new since" in render_messages(an_empty_digest(), KEY)[0]["text"]


def words_of(message: dict[str, Any]) -> list[str]:
    """Header and small lines, as they are read."""
    wanted = [block for block in message["blocks"] if block["type"] in ("header", "context")]
    texts = [block.get("text") or block["elements"][0] for block in wanted]
    return [re.sub(r"<!date[^|]*\|([^>]*)>", r"\1", str(text.get("text"))) for text in texts]


def test_the_header_reads_alone() -> None:
    """A desktop shows the header first: it names the topic, counts all stories and says what is special."""
    story = a_story(1, marks=(Mark.UPDATE,))
    for digest, is_follow_up, words in (
        (a_digest(2, 5), False, "Hostage negotiations: 7 stories, 217 articles"),
        (a_digest(1, kind=DigestKind.BREAKING), False, "Breaking in Hostage negotiations: 1 story, 31 articles"),
        (a_digest(stories=(story,)), True, "Update to Hostage negotiations: 1 story, 31 articles"),
        (an_empty_digest(), False, "Hostage negotiations: nothing new"),
    ):
        assert words_of(render_messages(digest, KEY, is_follow_up=is_follow_up)[0])[0] == words


def test_it_says_how_much_this_is_and_why_it_comes_late() -> None:
    """Volume and gathering stand small under the header, times in each reader's zone; other topics at the story."""
    volume = Volume(19, 6, (1, 1, 2, 1, 3, 7, 6, 19), is_burst=True)
    story = a_story(1, also_topics=("Gulf shipping", "Elections"))
    message = render_messages(a_digest(stories=(story,), volume=volume, gathered_since=START), KEY)[0]
    assert words_of(message)[1] == (
        "New since Sat 14 Mar 07:00 CET · 41 feeds · ▁▁▂▁▂▄▃█ 19 articles (usual 6), far more than usual\n"
        "Many messages: this channel had its most in an hour, so what came since Sat 14 Mar 07:00 CET was gathered."
    )
    assert message["blocks"][1]["elements"][0]["text"].count("<!date^1773468000^") == 2
    tail = [element["text"] for element in elements_of([message]) if "Also for" in element.get("text", "")]
    assert tail == [" +11 · Why: hostages, talks\nAlso for: Gulf shipping, Elections"]


def test_a_follow_up_says_so_and_is_shown_in_the_channel_too() -> None:
    """One message of it goes into a thread and the channel; what takes more is a root of its own."""
    digest = a_digest(stories=(a_story(1, marks=()),), kind=DigestKind.NOW)
    (message,) = render_messages(digest, KEY, is_follow_up=True)
    assert message["reply_broadcast"] is True
    assert message["text"].startswith("Update: Hostage negotiations: Mediators say talks number 1")
    assert message["text"].endswith("(30 publishers, 4 independent texts)")
    assert not [one for one in render_messages(a_digest(20), KEY, is_follow_up=True) if "reply_broadcast" in one]
    assert "reply_broadcast" not in render_messages(digest, KEY)[0]


def test_buttons_stand_only_where_somebody_listens() -> None:
    """A menu under each story in full, one button for the topic; none of it without an app token."""
    messages = render_messages(a_digest(3, 4), KEY, is_interactive=True)
    actions = [block for message in messages for block in message["blocks"] if block["type"] == "actions"]
    menus = [block["elements"][0] for block in actions if block["block_id"].startswith("a:")]
    assert [block["block_id"].split(":")[1] for block in actions[:-1]] == ["1", "2", "3"]
    assert {menu["action_id"] for menu in menus} == {"story_menu"}
    assert {option["value"] for option in menus[1]["options"]} == {"mute:2", "nr:2", "useful:2", "follow:2"}
    (button,) = actions[-1]["elements"]
    assert (button["action_id"], button["value"]) == ("snooze_topic", "snooze:hostage-negotiations")
    assert button["confirm"]["deny"]["text"] == "Keep it"
    plain = render_messages(a_digest(3, 4), KEY)
    assert not [block for message in plain for block in message["blocks"] if block["type"] == "actions"]


def test_a_note_reads_alone_and_is_as_deaf() -> None:
    """Its sentence, its lines and what to do, in the message and in the notification; hostile lines stay words."""
    lines = tuple(NoteLine(title, url, title) for title, url in zip(HOSTILE_TITLES, HOSTILE_URLS, strict=True))
    note = Note(NoteKind.WITHDRAWN, "A page is gone <!here>", START, lines=lines * 3, more=2, remedy="Look at it.")
    message = note_message(note, KEY)
    assert find_faults(message) == []
    assert find_fault(message) is None
    assert message["text"].startswith("A page is gone &lt;!here&gt;. &lt;!channel&gt;")
    assert not MARKUP.search(message["text"])
    texts = [element.get("text") for element in elements_of([message])]
    assert [texts[0], texts[-1]] == ["A page is gone <!here>", "Look at it."]
    assert f"… and {2 + 24 - LINES_MAX} more" in texts
    assert set(links_of([message])) == {link_of(url) for url in HOSTILE_URLS} - {""}
    short = note_message(Note(NoteKind.OPERATOR, "The token is refused.", START, remedy="Renew it."), KEY)
    assert short["text"] == "The token is refused. Renew it."


def test_each_part_can_be_found_again() -> None:
    """Metadata names the key and the part, and nothing that is secret or large."""
    messages = render_messages(a_digest(20, 31), KEY)
    payloads = [message["metadata"]["event_payload"] for message in messages]
    assert payloads == [{"key": KEY, "part": part} for part in range(1, len(messages) + 1)]


def test_a_story_that_fills_a_message_alone_still_goes() -> None:
    """Three addresses of three thousand characters: the story is told, with the links that fit."""
    long = "https://long.example/" + "a" * 2970
    story = a_story(1, url=long, others=(("One", long + "1"), ("Two", long + "2")), snippet='"\\' * 120)
    messages = render_messages(a_digest(2, stories=(story, replace(story, story_id=StoryId(2)))), KEY)
    assert links_of(messages).count(long) == 2
    assert all(size_of(message["blocks"]) <= BLOCKS_CHARS_MAX for message in messages)


@given(st.lists(st.tuples(st.text(max_size=400), st.text(max_size=300), st.text(max_size=100)), max_size=12), st.data())
@settings(max_examples=40, deadline=None)
def test_no_text_breaks_a_limit(texts: list[tuple[str, str, str]], data: st.DataObject) -> None:
    """Whatever characters feeds send, Slack is never given what it would refuse, and no story is lost."""
    stories = tuple(
        a_story(number, title=title, snippet=snippet, outlet=outlet, why=(outlet, title), highlights=((1, 5), (3, 50)))
        for number, (title, snippet, outlet) in enumerate(texts, 1)
    )
    cut = data.draw(st.integers(0, len(stories)))
    digest = replace(a_digest(), stories=stories[:cut], overflow=stories[cut:])
    messages = render_messages(digest, KEY, is_interactive=True)
    assert [find_fault(message) for message in messages] == [None] * len(messages)
    assert [find_faults(message) for message in messages] == [[]] * len(messages)
    assert {url for url in links_of(messages) if "gulfwire" in url} == {story.lead.url for story in stories}
