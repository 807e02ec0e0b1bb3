"""A topic's told stories as an Atom feed. An entry's id never changes; `updated` moves when the story is told on.

Effects: none.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from feedgenerator import Atom1Feed

from monitor.channels.wording import clean_title, link_of, name_of
from monitor.model import ToldStory, TopicKey
from monitor.text import plain_line, plural, shorten

TEXT_CHARS_MAX = 500  # of an article's text under an entry
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Feed(Atom1Feed):  # type: ignore[misc]  # the library ships no types
    """The library's feed, with the moment it is given: its own takes the clock where there is no entry."""

    moment: datetime

    def latest_post_date(self) -> datetime:
        """When the feed changed last."""
        return self.moment


def atom_feed(
    topic: TopicKey, name: str, entries: Sequence[ToldStory], updated: datetime, address: str = "", below: int = 0
) -> str:
    """The feed as a document in UTF-8; pure. `address` is where it is read, `updated` stands where nothing was told.

    `below` is how many stories of the last week a budget held back: the feed's subtitle says so.
    """
    identity = f"urn:news-monitor:topic:{topic}"
    feed = _Feed(
        title=_words(name_of(name) or topic),
        link=address or identity,
        description="What news-monitor told of this topic." + (_below(topic, below) if below else ""),
        feed_url=address or None,
        feed_guid=identity,
        author_name="news-monitor",
    )
    feed.moment = max((entry.updated_at for entry in entries), default=updated).astimezone(UTC)
    for entry in entries:
        feed.add_item(
            title=_words(clean_title(entry.title)),
            link=link_of(entry.url) or address or identity,
            description=_summary(entry),
            author_name=_words(name_of(entry.outlet)) or "unknown",
            unique_id=f"urn:news-monitor:story:{entry.story_id}",
            pubdate=entry.told_at.astimezone(UTC),
            updateddate=entry.updated_at.astimezone(UTC),
        )
    return str(feed.writeString("utf-8"))


def _summary(entry: ToldStory) -> str:
    """HTML of our own, with the text escaped."""
    counts = f"{plural(entry.publisher_count, 'publisher', 'publishers')}, "
    counts += plural(entry.article_count, "article", "articles")
    text = _words(shorten(plain_line(entry.text[: TEXT_CHARS_MAX * 4]), TEXT_CHARS_MAX))
    return f"<p>{escape(text)}</p><p>{counts}</p>" if text else f"<p>{counts}</p>"


def _below(topic: TopicKey, count: int) -> str:
    fell = plural(count, "story", "stories")
    return f" In the last seven days {fell} fell below the bar: monitor stories list --below {topic}"


def _words(text: str) -> str:
    return _NOT_XML.sub("", text)
