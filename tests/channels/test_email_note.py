"""Notes by mail, and threads: a message that answers an earlier one stands under it in every mail program."""

import json
from email import message_from_string, policy
from email.message import EmailMessage

import pytest
from msgspec.structs import replace

from monitor.channels.email import EmailChannel
from monitor.channels.email_message import HTML_BYTES_MAX, read_sender, render_mail, render_mails
from monitor.channels.email_note import render_note_html, render_note_mails
from monitor.model import Digest, DigestKind, Mark, Note, NoteKind, NoteLine
from tests.fakes.digests import END, HOSTILE_TITLES, HOSTILE_URLS, KEY, a_digest, a_story

SENDER = read_sender("News monitor <monitor@example.org>", "test")
LEAVE = "https://news.example.org/unsubscribe/" + "t" * 43


def a_note(**changes: object) -> Note:
    """A breaking story has grown on."""
    note = Note(
        kind=NoteKind.GROWN,
        head="Now 12 publishers, 8 of them independent: Captives released in Port Amber",
        at=END,
        timezone="Europe/Berlin",
        topic="hostage-negotiations",
        topic_name="Hostage negotiations",
        lines=(NoteLine("Captives fly home", "https://harbourpost.example/home", "Harbour Post"), NoteLine("No link")),
        more=3,
        told_title="Captives released in Port Amber",
    )
    return replace(note, **changes)  # the tests name real fields


def parsed(message: str) -> EmailMessage:
    """The message as a mail program reads it."""
    found = message_from_string(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def parts(message: str) -> tuple[str, str]:
    """The text and the HTML."""
    text, html = (parsed(message).get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def the_note(note: Note, root: str = "", leave: str = "") -> str:
    """The note's mail to one recipient."""
    return render_note_mails(note, f"{KEY}-note", SENDER, {"desk@example.org": leave}, root)["desk@example.org"]


def test_a_note_has_all_that_a_digest_has() -> None:
    """Two parts, the list's id, a frozen date, a way out; the same note gives the same bytes."""
    mail = the_note(a_note(), leave=LEAVE)
    message = parsed(mail)
    assert message["List-Id"] == "<hostage-negotiations.news-monitor.example.org>"
    assert message["Date"].datetime == END
    assert message["List-Unsubscribe"] == f"<{LEAVE}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in parts(mail):
        for words in ("Captives fly home", "https://harbourpost.example/home", "Harbour Post", "and 3 more", LEAVE):
            assert words in part, words
    assert mail == the_note(a_note(), leave=LEAVE)


def test_a_hostile_note_is_text() -> None:
    """Titles, addresses and remedies from elsewhere make no markup, no header and no control character."""
    lines = tuple(NoteLine(title, url, title) for title, url in zip(HOSTILE_TITLES, HOSTILE_URLS, strict=True))
    for title in HOSTILE_TITLES:
        mail = the_note(a_note(head=title, lines=lines, remedy=title, told_title=title, topic_name=title), root=KEY)
        message = parsed(mail)
        assert len(message.get_all("Subject", [])) == 1
        assert "Bcc" not in message
        html = parts(mail)[1]
        assert "<script" not in html
        assert "<img" not in html
        assert "javascript:" not in html
        assert not set(html) & set("\x00\x01\x07\x1b\u202e\u2028\u2066")


def test_a_note_of_many_lines_stays_small() -> None:
    """What the HTML has no room for is counted there; the text has every address."""
    lines = tuple(NoteLine(f"{n} " + "long " * 40, f"https://long.example/{n}/" + "a" * 2_000) for n in range(300))
    note = a_note(lines=lines)
    assert len(render_note_html(note).encode()) <= HTML_BYTES_MAX
    text, html = parts(the_note(note))
    assert all(f"https://long.example/{n}/" in text for n in range(300))
    assert "more" in html


def test_a_notice_of_no_topic_has_a_list_of_its_own() -> None:
    """What the operator is told can be sorted by its list."""
    message = parsed(the_note(a_note(kind=NoteKind.OPERATOR, head="Slack refuses the token", topic="", topic_name="")))
    assert message["List-Id"] == "<notices.news-monitor.example.org>"
    assert message["Subject"] == "Slack refuses the token"


@pytest.mark.parametrize("kind", [DigestKind.NOW, DigestKind.BREAKING])
def test_an_answer_stands_under_what_it_answers(kind: DigestKind) -> None:
    """Same recipient: In-Reply-To and References name the root's Message-ID, and the subject is the root's with Re."""
    title = "Captives released in Port Amber"
    root = a_digest(1, kind=kind, stories=(a_story(1, title=title),))
    answer = replace(
        root, stories=(a_story(1, title="Captives are home, says ministry", marks=(Mark.UPDATE,), told_title=title),)
    )
    everybody = {"a@example.org": "", "b@example.org": ""}
    first = {to: parsed(mail) for to, mail in render_mails(root, "digest-7-desk", SENDER, everybody).items()}
    then = {
        to: parsed(m) for to, m in render_mails(answer, "digest-9-desk", SENDER, everybody, "digest-7-desk").items()
    }
    for recipient in everybody:
        assert then[recipient]["In-Reply-To"] == first[recipient]["Message-ID"]
        assert then[recipient]["References"] == first[recipient]["Message-ID"]
        assert then[recipient]["Subject"] == f"Re: {first[recipient]['Subject']}"
        assert then[recipient]["Message-ID"] != first[recipient]["Message-ID"]
    if kind is DigestKind.BREAKING:
        note = a_note(kind=NoteKind.GROWN, told_title=title)
        mails = render_note_mails(note, "note-1-desk", SENDER, everybody, "digest-7-desk")
        assert parsed(mails["a@example.org"])["Subject"] == f"Re: {first['a@example.org']['Subject']}"


@pytest.mark.parametrize("title", [*HOSTILE_TITLES, "long " * 90])
def test_a_cut_subject_is_cut_alike(title: str) -> None:
    """Both subjects are cleaned and cut in the same place, so that they stay equal."""
    root = a_digest(1, kind=DigestKind.NOW, stories=(a_story(1, title=title, marks=()),))
    answer = replace(root, stories=(a_story(1, title="News", marks=(Mark.UPDATE,), told_title=title),))
    mails = [render_mail(root, "k1", SENDER, "d@x.org"), render_mail(answer, "k2", SENDER, "d@x.org", root="k1")]
    first, then = (parsed(mail)["Subject"] for mail in mails)
    assert then == f"Re: {first}"


def test_without_a_root_there_is_no_thread() -> None:
    """Digests of different days are not joined: their subjects differ, and so does what they tell."""
    message = parsed(render_mail(a_digest(), KEY, SENDER, "desk@example.org"))
    assert "In-Reply-To" not in message
    assert "References" not in message
    assert not message["Subject"].startswith("Re:")


@pytest.mark.parametrize("written", [a_digest(), a_note()])
def test_every_recipient_leaves_by_their_own_address(written: Digest | Note) -> None:
    """One envelope each, one token each: nobody can take a colleague off the list by a forwarded header."""
    leave = {"a@example.org": f"{LEAVE}-a", "b@example.org": f"{LEAVE}-b"}
    channel = EmailChannel("m", list(leave), "m@example.org", "127.0.0.1", 25, "none", unsubscribe=leave)
    payloads = channel.render(written, KEY) if isinstance(written, Digest) else channel.render_note(written, KEY)
    assert [payload.lane for payload in payloads] == list(leave)
    for payload in payloads:
        message = json.loads(payload.body)["message"]
        other = leave["b@example.org" if payload.lane.startswith("a") else "a@example.org"]
        for shown in (str(parsed(message)["List-Unsubscribe"]), *parts(message)):
            assert leave[payload.lane] in shown
            assert other not in shown
            assert "\x01" not in shown
