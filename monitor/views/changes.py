"""What a person changes beside the watchlist: marks and mutes, checked before they are written.

Effects: database.
"""

from datetime import datetime, timedelta

from monitor.errors import MonitorError
from monitor.model import ArticleId, ChannelName, Mute, MuteKind, StoryId, TopicKey, Verdict
from monitor.pipeline.marks import NOTE_CHARS_MAX, Marked, lift_mark, mark_article
from monitor.storage.store import Store
from monitor.text import plain_line, shorten
from monitor.topics.meaning import Lexicon

FOR_HOURS_MAX = 366 * 24
REASON_CHARS_MAX = NOTE_CHARS_MAX
TERM_CHARS_MAX = 100
NO_MARK = "none"
NUMBER_MAX = 2**63 - 1


def mark(
    store: Store,
    lexicon: Lexicon,
    topic: TopicKey,
    article: int,
    verdict: str,
    *,
    by: str,
    note: str = "",
    now: datetime,
) -> Marked | None:
    """Mark an article `useful` or `not_relevant` under a topic, or with `none` take its mark back.

    Raises MonitorError for another word, or an article that is not there.
    """
    if not 0 < article <= NUMBER_MAX:
        raise MonitorError("there is no such article", remedy="Go back, load the page again and repeat it.")
    if verdict == NO_MARK:
        with store.read() as tx:
            is_marked = tx.marks.get(topic, ArticleId(article)) is not None
        if is_marked:
            lift_mark(store, str(article), topic)
        return None
    meant = next((one for one in Verdict if word_of(one) == verdict), None)
    if meant is None:
        raise MonitorError("a mark is useful, not_relevant or none", remedy="Go back and choose again.")
    return mark_article(store, lexicon, str(article), topic, meant, by=by, note=note, now=now)


def word_of(verdict: Verdict | None) -> str:
    """A verdict as forms and programs write it: `useful`, `not_relevant`; `none` where there is no mark."""
    return NO_MARK if verdict is None else verdict.value.replace(" ", "_")


def mute(
    store: Store,
    kind: MuteKind,
    value: str,
    *,
    span: timedelta,
    reason: str,
    channel: ChannelName | None,
    by: str,
    now: datetime,
) -> Mute:
    """Hold something back; what is held already lasts until the later time. Raises MonitorError for what is not there.

    The key of a topic and the name of a feed are taken as they are: the caller knows which there are.
    """
    line = plain_line(value)
    if not timedelta() < span <= timedelta(hours=FOR_HOURS_MAX):
        raise MonitorError("that is no time to mute for", remedy="Choose from one hour to a year.")
    if kind is MuteKind.TERM and not 0 < len(line) <= TERM_CHARS_MAX:
        raise MonitorError(f"a term is 1 to {TERM_CHARS_MAX} characters", remedy="Name a word or a short phrase.")
    with store.write() as tx:
        if kind is MuteKind.STORY:
            is_number = line.isascii() and line.isdecimal() and 0 < int(line[:20]) <= NUMBER_MAX
            if not is_number or tx.corrections.resolve(StoryId(int(line))) is None:
                raise MonitorError("there is no such story", remedy="Go back, load the page again and repeat it.")
            line = str(int(line))
        reason = shorten(plain_line(reason), REASON_CHARS_MAX)
        return tx.mutes.add(kind, line, until=now + span, now=now, by=by, channel=channel, reason=reason)


def lift(store: Store, number: int, *, by: str, now: datetime) -> Mute:
    """End a mute; one that is over stays over. Raises MonitorError where there is none of that number."""
    with store.write() as tx:
        found = tx.mutes.lift(number, by=by, now=now) if 0 < number <= NUMBER_MAX else None
    if found is None:
        raise MonitorError(f"there is no mute {number}", remedy="Go back and load the page again.")
    return found
