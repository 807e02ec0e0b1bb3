"""The words every medium says about a digest, so that Slack, mail and the terminal agree.

Whatever came from a feed leaves here clean: one line, no control, bidirectional or zero-width character. An address
leaves only if it is http or https, with nothing in it that a medium could take for markup.

Effects: none.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct

from monitor.digests.budget import budget_words
from monitor.model import Digest, DigestKind, DigestStory, FeedTrouble, Folded, Mark, TroubleKind
from monitor.text import is_plain, plain_line, plural, shorten

TITLE_CHARS_MAX = 300  # three lines of a phone; longer "titles" are a feed's whole text
NAME_CHARS_MAX = 80  # an outlet, a feed, a term
SNIPPET_CHARS_MAX = 400  # a digest promises 240; this only stops what breaks the promise
URL_CHARS_MAX = 3000  # Slack's limit for an address, and more than browsers' bars show
WHY_MAX = 6  # terms; more tell a reader nothing
FAILING_NAMES_MAX = 3  # feeds named in the line, the rest are counted

_BARS = "▁▂▃▄▅▆▇█"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_URL_UNSAFE = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
# Nearly every address of a feed: it is its own link, and taking it apart would cost ten times as much.
_ORDINARY_URL = re.compile(r"https?://([a-z0-9][a-z0-9.\-]*+)(?:[/?#][!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*+)?\Z")
_HOST = re.compile(r"[\w.\-:\[\]%]+\Z")


def title_of(story: DigestStory) -> str:
    """The lead's title, clean and at most `TITLE_CHARS_MAX` characters; never empty."""
    return clean_title(story.lead.title)


def clean_title(title: str) -> str:
    """An article's title, clean and at most `TITLE_CHARS_MAX` characters; never empty."""
    return shorten(plain_line(title), TITLE_CHARS_MAX) or "(no title)"


FOLLOW_UPS_HEAD = "More on what you were told"
FOLDED_HEAD = "Not told, because"


class Line(Struct, frozen=True):
    """A title with its address, where it may be linked, and what stands behind it; all of it clean."""

    title: str
    url: str
    after: str


def follow_up_groups(digest: Digest) -> list[tuple[str, list[Line]]]:
    """By what was told, in order, its title and the lines under it."""
    groups: dict[int, tuple[str, list[Line]]] = {}
    for one in digest.follow_ups:
        group = groups.setdefault(one.story_id, (shorten(plain_line(one.told_title), TITLE_CHARS_MAX), []))
        group[1].append(_line(one.article.title, one.article.url, name_of(one.article.outlet)))
    return list(groups.values())


def headline_lines(story: DigestStory) -> list[Line]:
    """Other headlines on the story."""
    return [_line(one.title, one.url, name_of(one.outlet)) for one in story.headlines]


def folded_lines(digest: Digest) -> list[Line]:
    """What was folded, each with its outlet and why it was not told by itself."""
    lines = []
    for one in digest.folded:
        parts = (name_of(one.article.outlet), _why_folded(one, digest.timezone))
        lines.append(_line(one.article.title, one.article.url, ": ".join(part for part in parts if part)))
    return lines


def _why_folded(one: Folded, timezone: str) -> str:
    of_title = shorten(plain_line(one.of_title), NAME_CHARS_MAX)
    what = f"{'copy' if one.is_copy else 'report'} of {f'“{of_title}”' if of_title else 'an earlier article'}"
    return f"{what}, told {local_time(one.told_at, timezone)}" if one.told_at else what


def _line(title: str, url: str, after: str) -> Line:
    return Line(clean_title(title), link_of(url), after)


@lru_cache(maxsize=2048)  # a digest says the same few names many times
def name_of(text: str) -> str:
    """An outlet's, feed's or topic's name, or a term: clean and short."""
    return shorten(plain_line(text), NAME_CHARS_MAX)


@lru_cache(maxsize=2048)  # one digest asks for each address several times, and every channel does
def link_of(url: str) -> str:
    """The address as it may be linked: http or https, all else percent-encoded; empty when it must not be linked."""
    if _ORDINARY_URL.match(url) and len(url) <= URL_CHARS_MAX:
        return url
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host or not _HOST.match(host):
        return ""
    safe = _URL_UNSAFE.sub(lambda found: quote(found.group(0), safe="", errors="ignore"), url.strip())
    return safe if len(safe) <= URL_CHARS_MAX else ""


@lru_cache(maxsize=2048)
def host_of(url: str) -> str:
    """The host a link really leads to, without `www.`; empty when there is none to link."""
    if found := _ORDINARY_URL.match(url):
        return found[1].removeprefix("www.") if len(url) <= URL_CHARS_MAX else ""
    link = link_of(url)
    return (urlsplit(link).hostname or "").removeprefix("www.") if link else ""


def topic_name(digest: Digest) -> str:
    """The topic as a reader knows it."""
    return name_of(digest.topic_name) or name_of(digest.topic)


def header_line(digest: Digest) -> str:
    """`Hostage negotiations: 3 stories, 19 articles`; counts all stories, those that overflow too."""
    if not digest.story_count:
        return f"{topic_name(digest)}: nothing {'over the bar' if digest.below else 'new'}"
    stories = plural(digest.story_count, "story", "stories")
    return f"{topic_name(digest)}: {stories}, {plural(digest.article_count, 'article', 'articles')}"


def subject_line(digest: Digest) -> str:
    """The header line, with the one story's title where there is only one to tell at once."""
    told_at_once = digest.kind in (DigestKind.BREAKING, DigestKind.NOW)
    if not told_at_once or digest.story_count != 1:
        return header_line(digest)
    story = (digest.stories + digest.overflow)[0]
    word = "Breaking: " if digest.kind is DigestKind.BREAKING else "Update: " if Mark.UPDATE in story.marks else ""
    return f"{word}{topic_name(digest)}: {shorten(title_of(story), 100)}"


def local_time(when: datetime, timezone: str) -> str:
    """`Sat 14 Mar 08:00 CET`, in the digest's zone; in UTC where the zone is unknown."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        local = when.astimezone(UTC)
    else:
        local = when.astimezone(zone)
    day = f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
    return f"{day} {local.hour:02}:{local.minute:02} {local.tzname() or 'UTC'}"


def count_line(story: DigestStory) -> str:
    """`30 publishers, 4 independent texts`."""
    return count_words(story.publisher_count, story.independent_count)


def count_words(publisher_count: int, independent_count: int) -> str:
    """The words of `count_line`."""
    publishers = plural(publisher_count, "publisher", "publishers")
    if publisher_count <= 1:
        return publishers
    return f"{publishers}, {plural(independent_count, 'independent text', 'independent texts')}"


def mark_words(marks: Iterable[Mark]) -> str:
    """`BREAKING UPDATE`, or nothing."""
    return " ".join(mark.value.upper() for mark in marks)


def more_line(count: int) -> str:
    """`and 12 more`, for what did not fit."""
    return f"and {count:,} more"


def span_words(digest: Digest) -> str:
    """How much time a digest covers: `26 hours`, `3 days`, `5 minutes`."""
    minutes = max(0, round((digest.window_end - digest.window_start).total_seconds() / 60))
    if minutes < 90:
        return plural(minutes, "minute", "minutes")
    if minutes < 48 * 60:
        return plural(round(minutes / 60), "hour", "hours")
    return plural(round(minutes / 1440), "day", "days")


def kind_words(digest: Digest) -> str:
    """Why this digest comes: what stands before the time it starts at."""
    if digest.kind is DigestKind.CATCH_UP:
        return f"While news-monitor was away: {span_words(digest)}, since"
    if digest.kind is DigestKind.BREAKING:
        return "Breaking: told at once, by many independent publishers, since"
    return "New since"


def kind_line(digest: Digest) -> str:
    """The kind, the start of the window in the digest's zone and the feeds that were watched."""
    words = f"{kind_words(digest)} {local_time(digest.window_start, digest.timezone)}"
    return f"{words} · {plural(digest.feed_count, 'feed', 'feeds')}" if digest.feed_count else words


def heartbeat_line(digest: Digest) -> str:
    """What an empty digest says, so that silence never means breakage."""
    since = local_time(digest.window_start, digest.timezone)
    failing = f", {len(digest.failing)} failing" if digest.failing else ""
    return f"{nothing_words(digest)} since {since}; {plural(digest.feed_count, 'feed', 'feeds')} polled{failing}."


def nothing_words(digest: Digest) -> str:
    """How an empty digest begins: `Nothing new`, or that what came stayed below."""
    return "Nothing over the bar" if digest.below else "Nothing new"


def below_line(digest: Digest) -> str:
    """How many stories a budget kept back, and how to see them; empty where none was."""
    below = digest.below
    if below is None:
        return ""
    more = " more" if digest.story_count else ""
    if below.bar is not None:
        said = f"fell below the bar of {below.bar}"
    else:
        said = f"came beyond what is told, at most {budget_words(below.budget)}"
    return f"{below.count:,}{more} {said}: monitor stories list --below {name_of(digest.topic)}"


def troubles_line(digest: Digest) -> str:
    """Names the feeds that fail, with since when, and those that may keep something back; empty when none does."""
    sentences = []
    for kind, one, many in _KINDS:
        troubles = [trouble for trouble in digest.troubles if trouble.kind is kind]
        if troubles:
            named = [_trouble(trouble, digest) for trouble in troubles[:FAILING_NAMES_MAX]]
            rest = len(troubles) - len(named)
            tail = f", {more_line(rest)}" if rest else ""
            sentences.append(f"{len(troubles)} {one if len(troubles) == 1 else many}: {', '.join(named)}{tail}.")
    return " ".join(sentences)


YEAR_NAMED_AFTER = timedelta(days=180)
"""What lies further back is told with its year, and without the hour."""
_REASONS = {
    "connect": "nobody answers",
    "dns": "its name is unknown",
    "html": "a web page and no feed",
    "not_a_feed": "no feed",
    "status": "its server fails",
}
"""Where the reason's own name says little to who reads a digest."""
_KINDS = (
    (TroubleKind.FAILS, "feed fails", "feeds fail"),
    (TroubleKind.LOST, "feed may have lost entries", "feeds may have lost entries"),
    (TroubleKind.HELD, "feed is held", "feeds are held"),
    (TroubleKind.STALE, "feed has fallen silent", "feeds have fallen silent"),
)


def _trouble(trouble: FeedTrouble, digest: Digest) -> str:
    at = local_time(trouble.since, digest.timezone)
    if digest.window_end - trouble.since > YEAR_NAMED_AFTER:
        at = f"{trouble.since.day} {_MONTHS[trouble.since.month - 1]} {trouble.since.year}"
    if trouble.kind is TroubleKind.LOST:
        said = f"about {trouble.count} before {at}"
    elif trouble.kind is TroubleKind.STALE:
        said = f"nothing since {at}"
    else:
        said = f"{_REASONS.get(trouble.reason) or name_of(trouble.reason.replace('_', ' '))} since {at}"
    return f"{name_of(trouble.name)} ({said})"


def next_line(digest: Digest) -> str:
    """When the next digest of this topic is due; empty when nobody can say."""
    return f"Next digest {local_time(digest.next_at, digest.timezone)}." if digest.next_at else ""


def volume_words(digest: Digest) -> str:
    """`▁▁▂▁▃▇█ 19 (usual 6)`: how much this is beside the windows before it; empty where nothing is known."""
    volume = digest.volume
    if volume is None or not volume.buckets:
        return ""
    most = max(volume.buckets) or 1
    bars = "".join(_BARS[round(count / most * (len(_BARS) - 1))] for count in volume.buckets)
    usual = f" (usual {volume.usual:,})" if volume.usual is not None else ""
    rush = ", far more than usual" if volume.is_burst else ""
    return f"{bars} {plural(volume.count, 'article', 'articles')}{usual}{rush}"


def also_topics_line(story: DigestStory) -> str:
    """`Also for: Gulf shipping, Elections`: the channel's other topics that the story answers; empty without any."""
    names = [name for name in map(name_of, story.also_topics) if name]
    return f"Also for: {', '.join(names)}" if names else ""


def gathered_line(digest: Digest) -> str:
    """Why a message told at once comes late; empty where it does not."""
    if digest.gathered_since is None:
        return ""
    since = local_time(digest.gathered_since, digest.timezone)
    return f"Many messages: this channel had its most in an hour, so what came since {since} was gathered."


def why_terms(story: DigestStory) -> list[str]:
    """The terms that matched, clean, the most telling first."""
    return [term for term in (name_of(word) for word in story.why[:WHY_MAX]) if term]


def other_outlets(story: DigestStory) -> list[tuple[str, str]]:
    """(outlet, link) of the other outlets; the link is empty where it must not be linked."""
    named = [(name_of(outlet), link_of(url)) for outlet, url in story.others]
    return [(outlet or host_of(url), url) for outlet, url in named if outlet or url]


def snippet_pieces(story: DigestStory) -> list[tuple[str, bool]]:
    """The snippet cut at its highlights: (text, is marked), clean, in order; empty when there is no snippet."""
    return marked_pieces(story.snippet, story.highlights)


def marked_pieces(snippet: str, highlights: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """A text cut at the places to mark, as `snippet_pieces` cuts the snippet."""
    text = snippet[:SNIPPET_CHARS_MAX]
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in _merged(highlights, len(text)):
        if at < start:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    if at < len(text):
        pieces.append((text[at:], False))
    if is_plain(text):
        return pieces
    # The bar keeps a piece's outer spaces through the cleaning, which drops them at a line's ends.
    cleaned = [(plain_line(f"|{piece}|")[1:-1], marked) for piece, marked in pieces]
    return [(piece, marked) for piece, marked in cleaned if piece]


def _merged(ranges: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        start = start if start > 0 else 0
        end = end if end < length else length
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
