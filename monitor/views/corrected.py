"""A correction of stories by hand, and how a story was told, as `stories` and `explain` show it.

Effects: none.
"""

from monitor.model import StoryId
from monitor.storage.corrections import MERGE, StoryChange
from monitor.storage.digests import SentRecord
from monitor.text import plain_line, plural
from monitor.views.moments import Moments
from monitor.views.records import format_time

ARTICLES_SHOWN = 10


def part_words(key: StoryId, story_id: StoryId) -> str:
    """`, article 12` for a telling of that text or article alone; nothing for one of the story."""
    return "" if key == story_id else f", article {key}"


def change_words(change: StoryChange, moments: Moments) -> str:
    """What was changed, when, by whom and why, in one line."""
    if change.kind == MERGE:
        count = f" ({plural(len(change.articles), 'article')})" if change.articles else ""
        what = f"story {change.other_id}{count} was merged into story {change.story_id}"
    else:
        some = ", ".join(str(number) for number in change.articles[:ARTICLES_SHOWN])
        more = len(change.articles) - ARTICLES_SHOWN
        named = f"{some} and {more} more" if more > 0 else some
        noun = "article" if len(change.articles) == 1 else "articles"
        what = f"{noun} {named} went from story {change.story_id} to story {change.other_id}"
    by = f" by {plain_line(change.by)}" if change.by else ""
    reason = f": {plain_line(change.reason)}" if change.reason else ""
    return f"{what}, {moments.say(change.at)}{by}{reason}"


def change_record(change: StoryChange) -> dict[str, object]:
    """The same for programs."""
    return {
        "kind": change.kind,
        "story": change.story_id,
        "other": change.other_id,
        "articles": list(change.articles),
        "at": format_time(change.at),
        "by": change.by or None,
        "reason": change.reason or None,
    }


def telling_record(telling: SentRecord) -> dict[str, object]:
    """A telling, for JSON."""
    return {
        "channel": telling.channel,
        "key": telling.story_id,
        "telling": telling.telling,
        "topic": telling.topic,
        "at": format_time(telling.told_at),
        "digest": telling.digest_id,
        "led_by": telling.article_id,
        "reason": telling.reason,
    }
