"""A digest as one mail per recipient, frozen to the byte: the same digest, key and recipient give the same message.

`Message-ID` comes from key and recipient, `Date` from the digest, so that a mail that had to be sent again is one mail
in every store that looks at both. Header values hold no control character and nothing a header could be broken with.

Effects: reads the template beside it, once, on import.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from functools import lru_cache, partial
from html import escape
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct
from msgspec.structs import replace

from monitor.channels import wording
from monitor.channels.email_wire import quoted_printable, write_message
from monitor.channels.plain import render_text
from monitor.errors import ConfigError
from monitor.model import Digest, DigestKind, DigestStory, Mark
from monitor.text import shorten

HTML_BYTES_MAX = 100_000  # Gmail hides what comes after some 102 kB
TEXT_WIDTH = 76  # columns of the text part: no client wraps it again
SUBJECT_CHARS_MAX = 120  # longer ones are cut by every list of mails
TITLE_CHARS_MAX = 70  # of the page, which a mail program hardly shows
SLUG_CHARS_MAX = 60  # of a topic in List-Id
FAILING_CHARS_MAX = 1_000
RE = "Re: "
LEAVE_BYTES_MAX = 2_500  # kept free in the HTML for the address by which a recipient leaves
FOOT = "\n-- \nSent by news-monitor, because this address is in the list of one of its channels.\n"
# Stands for each recipient's address to leave by: feed text is clean of control characters, so it is ours alone.
LEAVE = "\x01"
_LEAVE_OPENS, _LEAVE_ENDS = "<!--leave-->", "<!--/leave-->"
_MARK_COLOURS = {Mark.BREAKING: "#b42318", Mark.UPDATE: "#1f5fbf", Mark.LATE: "#5b6774"}  # white on each is readable
_SAFE_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.\-]+\Z")

TEMPLATES = Environment(
    loader=PackageLoader("monitor", "channels/templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,  # they are part of the program
)
_TEMPLATE = TEMPLATES.get_template("digest.html.j2")


class Sender(Struct, frozen=True):
    """Who a mail is from: the name a reader sees and the address replies go to."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part after the @, which names our messages and lists."""
        return self.address.rpartition("@")[2]


def read_sender(text: str, where: str) -> Sender:
    """`News monitor <monitor@example.org>` taken apart; `ConfigError` when there is no usable address in it."""
    name, address = parseaddr(text)
    return Sender(wording.name_of(name), read_address(address, where))


def read_address(address: str, where: str) -> str:
    """The address with its domain in ASCII; `ConfigError` when no plain SMTP server could take it."""
    local, _, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
        usable = bool(local) and bool(_SAFE_ADDRESS.match(plain)) and len(plain) <= 254  # RFC 5321
        Address(addr_spec=plain)
    except (MessageError, ValueError, IndexError):
        usable = False
    if not usable:
        raise ConfigError(
            f"{wording.name_of(address)!r} is no mail address",
            where=where,
            remedy="Write it as name@example.org, its first part in ASCII.",
        )
    return plain


def render_mail(digest: Digest, key: str, sender: Sender, recipient: str, unsubscribe: str = "", root: str = "") -> str:
    """The whole message, ASCII with CRLF line ends, text and HTML alternatives; pure."""
    return render_mails(digest, key, sender, {recipient: unsubscribe}, root)[recipient]


def render_mails(
    digest: Digest, key: str, sender: Sender, recipients: Mapping[str, str], root: str = ""
) -> dict[str, str]:
    """The message of each recipient, as `render_mail` makes it; `recipients` are addresses with where each leaves.

    With `root` it answers the message that this recipient got under that key, so that mail programs show one thread.
    """
    subject = thread_subject(digest) if root else shorten(wording.subject_line(digest), SUBJECT_CHARS_MAX)
    written = Written(
        subject=subject,
        date=digest.window_end,
        list_name=list_name_of(digest.topic),
        text=render_text(digest, width=TEXT_WIDTH) + FOOT,
        html=render_html(digest, LEAVE),
    )
    return write_mails(written, key, sender, recipients, root)


class Written(Struct, frozen=True):
    """What a message says to everybody; `html` and `text` hold a sign where each recipient's way out goes."""

    subject: str
    date: datetime
    list_name: str
    text: str
    html: str


def write_mails(
    written: Written, key: str, sender: Sender, recipients: Mapping[str, str], root: str = ""
) -> dict[str, str]:
    """The same words to each recipient, as a message of their own, frozen to the byte."""
    return {
        recipient: _write_mail(written, key, sender, recipient, unsubscribe, root)
        for recipient, unsubscribe in recipients.items()
    }


def _write_mail(written: Written, key: str, sender: Sender, recipient: str, unsubscribe: str, root: str) -> str:
    identity = _identity(key, recipient)
    headers = {
        "From": _shown_sender(sender),
        "To": recipient,
        "Subject": written.subject,
        "Date": format_datetime(written.date),
        "Message-ID": f"<{identity}@{sender.domain}>",
    }
    if root:
        answered = f"<{_identity(root, recipient)}@{sender.domain}>"
        headers |= {"In-Reply-To": answered, "References": answered}
    headers |= {
        "List-Id": f"<{written.list_name}.news-monitor.{sender.domain}>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "list",
        "X-News-Monitor-Delivery": quote(key, safe=":/@+,= "),
    }
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        if unsubscribe.startswith("https://"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text = f"{written.text}Leave this list: {unsubscribe}\n" if unsubscribe else written.text
    html = _with_way_out(written.html, unsubscribe)
    return write_message(headers, quoted_printable(text), quoted_printable(html), f"=_{identity}")


def _with_way_out(html: str, unsubscribe: str) -> str:
    """The page with the link by which one recipient leaves, or without any."""
    before, _, rest = html.partition(_LEAVE_OPENS)
    link, _, after = rest.partition(_LEAVE_ENDS)
    return before.removesuffix("\n") + (link.replace(LEAVE, escape(unsubscribe)) if unsubscribe else "") + after


@lru_cache(maxsize=64)  # a process has one or a few
def _shown_sender(sender: Sender) -> str:
    return str(Address(sender.name, addr_spec=sender.address)) if sender.name else sender.address


def _identity(key: str, recipient: str) -> str:
    """Names one recipient's message of a key; whoever knows both can name it again."""
    return hashlib.sha256(f"{key}|{recipient}".encode()).hexdigest()[:32]


def thread_subject(digest: Digest) -> str:
    """The subject of a message that answers an earlier one: that one's own, since Gmail joins no others."""
    if digest.story_count != 1:
        return RE + shorten(wording.subject_line(digest), SUBJECT_CHARS_MAX)
    story = (digest.stories + digest.overflow)[0]
    title = story.told_title or story.lead.title
    return told_subject(wording.topic_name(digest), title, is_breaking=digest.kind is DigestKind.BREAKING)


def told_subject(topic_name: str, told_title: str, *, is_breaking: bool) -> str:
    """What `subject_line` said when the story was told at once under that title, as an answer."""
    word = "Breaking: " if is_breaking else ""
    title = shorten(wording.clean_title(told_title), 100)
    return RE + shorten(f"{word}{topic_name}: {title}", SUBJECT_CHARS_MAX)


def render_html(digest: Digest, unsubscribe: str = "") -> str:
    """The HTML part alone, at most `HTML_BYTES_MAX` bytes; also for `monitor preview --as html`.

    Too many stories for that: first more of them become one line each, then the last are only counted, with a word
    that the text part has them all, which it always has. What stands beside the stories goes before the last story
    does.
    """
    everything = len(digest.stories) + len(digest.overflow)

    def render(full: int, listed: int, beside: bool) -> str:
        return _TEMPLATE.render(_context(digest, full, listed, beside) | {"unsubscribe": unsubscribe})

    best = render(len(digest.stories), everything, True)
    if html_fits(best):
        return best
    for beside in (True, False):
        full = largest_count(len(digest.stories), partial(_fits_with, render, everything, beside))
        if full is not None:
            return render(full, everything, beside)
    listed = largest_count(everything, lambda count: html_fits(render(0, count, False)))
    return render(0, listed or 0, False)


def _fits_with(render: Callable[[int, int, bool], str], listed: int, beside: bool, full: int) -> bool:
    return html_fits(render(full, listed, beside))


def html_fits(html: str) -> bool:
    """Whether the HTML part stays below where Gmail cuts, with every recipient's own address in it."""
    return len(html.encode()) + LEAVE_BYTES_MAX <= HTML_BYTES_MAX


def largest_count(count_max: int, fits: Callable[[int], bool]) -> int | None:
    """The largest count that fits, by halving; None when not even 0 does."""
    if not fits(0):
        return None
    low, high = 0, count_max
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _context(digest: Digest, full: int, listed: int, beside: bool) -> dict[str, Any]:
    stories = (digest.stories + digest.overflow)[:listed]
    return {
        "title": shorten(wording.header_line(digest), TITLE_CHARS_MAX),
        "header": wording.header_line(digest),
        "intro": wording.kind_line(digest) if digest.story_count else wording.heartbeat_line(digest),
        "volume": wording.volume_words(digest),
        "rush": digest.volume is not None and digest.volume.is_burst,
        "gathered": wording.gathered_line(digest),
        "preheader": "; ".join(wording.title_of(story) for story in stories[:3]),
        "stories": [_in_full(story, digest.timezone) for story in stories[:full]],
        "lines": [_in_a_line(story) for story in stories[full:]],
        "more": wording.more_line(len(stories) - full),
        "left_out": digest.story_count - len(stories),
        "follow_ups_head": wording.FOLLOW_UPS_HEAD,
        "follow_ups": wording.follow_up_groups(digest) if beside else [],
        "follow_ups_more": wording.more_line(digest.follow_ups_more) if digest.follow_ups_more else "",
        "folded_head": wording.FOLDED_HEAD,
        "folded": wording.folded_lines(digest) if beside else [],
        "folded_more": wording.more_line(digest.folded_more) if digest.folded_more else "",
        "beside_left": 0 if beside else len(digest.follow_ups) + len(digest.folded),
        "below": wording.below_line(digest),
        "failing": shorten(wording.troubles_line(digest), FAILING_CHARS_MAX),
        "next": wording.next_line(digest),
        "topic": wording.topic_name(digest),
    }


class _Shown(Struct, frozen=True):
    """A story as the template reads it; of one that stands in a line no more than the first four."""

    marks: list[tuple[str, str]]
    title: str
    url: str
    origin: str
    when: str = ""
    counts: str = ""
    pieces: Sequence[tuple[str, bool]] = ()
    also_topics: str = ""
    why: Sequence[str] = ()
    others: Sequence[tuple[str, str]] = ()
    others_more: int = 0
    headlines: Sequence[wording.Line] = ()


def _in_a_line(story: DigestStory) -> _Shown:
    parts = (wording.name_of(story.lead.outlet), wording.host_of(story.lead.url))
    return _Shown(
        marks=[(wording.mark_words([mark]), _MARK_COLOURS[mark]) for mark in story.marks],
        title=wording.title_of(story),
        url=wording.link_of(story.lead.url),
        origin=" · ".join(part for part in parts if part),
    )


def _in_full(story: DigestStory, timezone: str) -> _Shown:
    return replace(
        _in_a_line(story),
        when=wording.local_time(story.lead.published_at, timezone) if story.lead.published_at else "",
        counts=wording.count_line(story),
        pieces=wording.snippet_pieces(story),
        also_topics=wording.also_topics_line(story),
        why=wording.why_terms(story),
        others=wording.other_outlets(story),
        others_more=story.others_more,
        headlines=wording.headline_lines(story),
    )


def list_name_of(topic: str) -> str:
    """A topic's key as List-Id may hold it; `notices` for what is of no topic."""
    return re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:SLUG_CHARS_MAX].strip("-") or "notices"
