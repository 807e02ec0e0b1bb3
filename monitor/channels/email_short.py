"""The short form of a mail whose content a server refused: text alone, without addresses, tried once.

A server refuses for the size (552) or for what it takes for spam (554), where the usual cause is an address that stands
on a list. So neither the HTML part nor any address is in it, and it says so.

Effects: none.
"""

import re
from email import message_from_string, policy
from email.message import EmailMessage

from monitor.channels.email_wire import WIRE

TEXT_CHARS_MAX = 20_000  # some two hundred headlines
_ADDRESS = re.compile(r":?\s*https?://\S+")
_OF_BODY = ("content-", "mime-version")


def shorten_mail(message: str) -> str:
    """The same mail, headers and all, with a short text for its body; pure, ASCII with CRLF line ends."""
    whole = message_from_string(message, policy=policy.SMTP)
    assert isinstance(whole, EmailMessage)
    part = whole.get_body(("plain",))
    text = str(part.get_content()) if part is not None else ""
    short = EmailMessage(policy=policy.SMTP)
    for name, value in whole.items():
        if not name.lower().startswith(_OF_BODY):
            short[name] = value
    short.set_content(_short_text(text), cte="quoted-printable")
    return short.as_bytes(policy=WIRE).decode("ascii")


def _short_text(text: str) -> str:
    kept: list[str] = []
    used = left_out = 0
    for line in text.splitlines():
        bare = _ADDRESS.sub("", line)
        if line.strip() and not bare.strip():
            continue
        used += len(bare) + 1
        if used > TEXT_CHARS_MAX:
            left_out += 1
        else:
            kept.append(bare)
    note = "The mail server refused this message in full, so here it is without addresses."
    rest = f"\n… and {left_out:,} more lines.\n" if left_out else ""
    return f"{note}\n\n" + "\n".join(kept) + "\n" + rest
