"""What a delivery carries, as a person looks at it and as a file; a link by which a reader leaves is not shown.

Effects: none.
"""

import json
import re
from email import message_from_string, policy
from email.message import EmailMessage

from msgspec import Struct

SHOWN_CHARS_MAX = 200_000
"""So much of it is shown; the file has all."""
_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-ID", "List-Unsubscribe")
_LEAVE_TOKEN = re.compile(r"(/unsubscribe/)[\w%.~-]+")
"""Who has it can take the reader off the list."""


class Sent(Struct, frozen=True):
    """What was put in line, frozen when its digest closed."""

    form: str
    """`mail`, `slack`, `json` or `text`; `gone` where the retention removed it."""
    text: str
    """As it is shown: JSON with its lines, a mail's text part, else the text itself."""
    is_cut: bool
    headers: tuple[tuple[str, str], ...]
    html: str
    """A mail's HTML part: markup of ours around words of strangers."""
    body: bytes
    """What goes over the line, to the byte: of a mail the message, else all of it."""
    file_ending: str
    media_type: str


def read_sent(payload: str) -> Sent:
    """What a payload says, by its own form: its channel may be gone, or of another kind now."""
    if not payload:
        return _made("gone", "", b"", "txt", "text/plain; charset=utf-8")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return _made("text", payload, payload.encode(), "txt", "text/plain; charset=utf-8")
    if isinstance(value, dict) and {"sender", "recipient", "message"} <= value.keys():
        return _read_mail(str(value["message"]), str(value["recipient"]))
    form = "slack" if isinstance(value, dict) and "blocks" in value else "json"
    pretty = json.dumps(value, ensure_ascii=False, indent=2)
    return _made(form, pretty, payload.encode(), "json", "application/json")


def _read_mail(written: str, recipient: str) -> Sent:
    message = message_from_string(written, policy=policy.default)
    headers = [(name, str(message[name])) for name in _HEADERS if message[name]]
    if "To" not in message:
        headers.insert(1, ("To", recipient))
    shown = tuple((name, hide_leaving(value)) for name, value in headers)
    # No mail is opened in a browser by its type: it is saved, and opened by who reads mail.
    text, html = _part(message, "plain"), _part(message, "html")
    body = written.encode("ascii", "backslashreplace")
    return _made("mail", text, body, "eml", "application/octet-stream", shown, hide_leaving(html))


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return "" if found is None else str(found.get_content())


def _made(
    form: str,
    text: str,
    body: bytes,
    ending: str,
    media_type: str,
    headers: tuple[tuple[str, str], ...] = (),
    html: str = "",
) -> Sent:
    is_cut = len(text) > SHOWN_CHARS_MAX
    return Sent(form, hide_leaving(text[:SHOWN_CHARS_MAX]), is_cut, headers, html, body, ending, media_type)


def hide_leaving(text: str) -> str:
    """The text without what a reader's link to leave is made of."""
    return _LEAVE_TOKEN.sub(r"\1…", text)
