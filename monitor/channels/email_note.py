"""A note as one mail per recipient: the same frame, headers and thread as a digest's.

Effects: reads its template, once, on import.
"""

from collections.abc import Mapping

from monitor.channels import wording
from monitor.channels.email_message import (
    FOOT,
    LEAVE,
    SUBJECT_CHARS_MAX,
    TEMPLATES,
    TEXT_WIDTH,
    TITLE_CHARS_MAX,
    Sender,
    Written,
    html_fits,
    largest_count,
    list_name_of,
    told_subject,
    write_mails,
)
from monitor.channels.plain import render_note_text
from monitor.model import Note, NoteKind
from monitor.text import plain_line, shorten

LINES_MAX = 100  # in the HTML part: a note is short
_TEMPLATE = TEMPLATES.get_template("note.html.j2")


def render_note_mails(
    note: Note, key: str, sender: Sender, recipients: Mapping[str, str], root: str = ""
) -> dict[str, str]:
    """The message of each recipient, frozen as a digest's is; `recipients` are addresses with where each leaves."""
    written = Written(
        subject=_subject(note, is_answer=bool(root)),
        date=note.at,
        list_name=list_name_of(note.topic),
        text=render_note_text(note, width=TEXT_WIDTH) + FOOT,
        html=render_note_html(note, LEAVE),
    )
    return write_mails(written, key, sender, recipients, root)


def render_note_html(note: Note, unsubscribe: str = "") -> str:
    """The HTML part alone; where its lines would be too many, the last are counted, and the text part has them all."""

    def render(shown: int) -> str:
        lines = [_line(one.title, one.url, one.after) for one in note.lines[:shown]]
        more = note.more + len(note.lines) - len(lines)
        return _TEMPLATE.render(
            title=shorten(plain_line(note.head), TITLE_CHARS_MAX),
            header=plain_line(note.head),
            when=wording.local_time(note.at, note.timezone),
            preheader="; ".join(line.title for line in lines[:3]),
            lines=lines,
            more=wording.more_line(more) if more else "",
            remedy=plain_line(note.remedy),
            topic=wording.name_of(note.topic_name) or wording.name_of(note.topic),
            unsubscribe=unsubscribe,
        )

    count = largest_count(min(LINES_MAX, len(note.lines)), lambda shown: html_fits(render(shown)))
    return render(count or 0)


def _line(title: str, url: str, after: str) -> wording.Line:
    return wording.Line(wording.clean_title(title), wording.link_of(url), wording.name_of(after))


def _subject(note: Note, *, is_answer: bool) -> str:
    if not is_answer:
        return shorten(plain_line(note.head), SUBJECT_CHARS_MAX)
    topic = wording.name_of(note.topic_name) or wording.name_of(note.topic)
    return told_subject(topic, note.told_title or note.head, is_breaking=note.kind is NoteKind.GROWN)
