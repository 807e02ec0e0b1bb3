"""What is not in the archive, in words and as a record: what should have brought it, and what may have kept it away.

Effects: none.
"""

from collections.abc import Iterator

from monitor.missing import Missing
from monitor.storage.headlines import Likely
from monitor.storage.health import FeedHealth, PollVisit
from monitor.text import plural, shorten
from monitor.trail import Several
from monitor.views.moments import Moments
from monitor.views.records import format_time
from monitor.views.trail_lines import visit_words
from monitor.views.trail_record import visit_record

TITLE_CHARS = 100
WANTED_CHARS = 300
"""So much of what was asked for is shown again."""
VISITS_SHOWN_MAX = 12


def several_lines(found: Several, moments: Moments) -> Iterator[str]:
    """A numbered list of what may be meant."""
    yield f'No single article is called "{shorten(found.wanted, WANTED_CHARS)}". The nearest:'
    for place, one in enumerate(found.likely, 1):
        exact = ", this very headline" if one.share >= 1 else ""
        yield f"  {place:>2}. {shorten(one.title, TITLE_CHARS)}"
        yield f"      {one.outlet}, first seen {moments.say(one.seen_at)}, article {one.id}{exact}"
    yield f"Ask for one by its number: monitor explain {found.likely[0].id}. Times are those of {moments.zone.key}."


def several_record(found: Several) -> dict[str, object]:
    """The same as an object."""
    return {"article": None, "wanted": found.wanted, "likely": list(map(_likely_record, found.likely))}


def _likely_record(one: Likely) -> dict[str, object]:
    return {
        "article": one.id,
        "title": one.title,
        "url": one.url,
        "outlet": one.outlet,
        "first_seen": format_time(one.seen_at),
        "share": round(one.share, 2),
    }


def missing_lines(found: Missing, moments: Moments) -> Iterator[str]:
    """Why it may not be there."""
    wanted = shorten(found.wanted, WANTED_CHARS)
    if found.swept:
        yield f"{wanted} was stored once; its text is past the retention and was removed."
        yield "  It will not be news again."
        return
    yield f"{wanted} is not in the archive."
    if not found.host:
        yield "  Give the article's address, its number from a digest or from --json output, or words of its headline."
        return
    yield f"  Times are those of {moments.zone.key}."
    if found.day is not None:
        yield f"  By its address it was published on {found.day:%Y-%m-%d}."
    if not found.feeds:
        yield f"  No feed of {found.host} is configured. Add one: monitor feeds add URL"
    for bringer in found.bringers:
        count = plural(bringer.articles, "article")
        yield f"  Feed {bringer.feed} brought {count} from {found.host}, the last {moments.say(bringer.last_at)}."
    for feed in found.feeds:
        yield from _feed_lines(feed, found, moments)
    if found.more_feeds:
        yield f"  And {plural(found.more_feeds, 'feed')} more of this site: monitor feeds list"


def _feed_lines(feed: FeedHealth, found: Missing, moments: Moments) -> Iterator[str]:
    state, name = feed.feed.state, feed.feed.name
    if not feed.active:
        yield f"  Feed {name} is not in feeds.toml any more: last read {moments.say(state.last_ok_at)}."
        return
    if feed.same_as is not None:
        yield f"  Feed {name} moved to the address of another feed, which is visited in its place."
    last, due = moments.say(state.last_ok_at), moments.say(feed.next_poll_at)
    yield f"  Feed {name} should have it: last read {last}, next {due}."
    if feed.last_poll_at is not None and feed.last_poll_at != state.last_ok_at:
        yield f"    Last visited {moments.say(feed.last_poll_at)}: {feed.outcome or 'nothing came back'}."
    if state.first_polled_at is None:
        yield "    It was never read yet."
    elif found.day is not None and found.day < state.first_polled_at.astimezone(moments.zone).date():
        first = moments.say(state.first_polled_at)
        yield f"    It was first read {first}, after that day: what it had dropped by then never came."
    yield from _trouble_lines(feed, moments)
    yield from _then_lines(feed, found, moments)


def _trouble_lines(feed: FeedHealth, moments: Moments) -> Iterator[str]:
    state = feed.feed.state
    if feed.error:
        since = f" since {moments.say(state.failing_since)}" if state.failing_since else ""
        times = f", {plural(state.fail_count, 'visit')} in a row" if state.fail_count > 1 else ""
        yield f"    It fails{since}{times}: {feed.error}"
    if feed.hold_until is not None and (feed.last_poll_at is None or feed.hold_until > feed.last_poll_at):
        yield f"    Its server asked us to stay away until {moments.say(feed.hold_until)}."
    if state.skip_times:
        skipped = _skip_words(state.skip_times)
        yield f"    It asks not to be visited at these hours (UTC) and days, and is not: {skipped}."
    if feed.lost_windows:
        last = f", the last time {moments.say(state.last_lost_at)} ({state.last_lost})" if state.last_lost_at else ""
        yield (
            f"    It rolled over between two polls {plural(feed.lost_windows, 'time', 'times')}: "
            f"about {plural(feed.lost_entries, 'entry', 'entries')} may have been missed{last}."
        )
    if state.quarantine:
        since = f" since {moments.say(state.quarantined_at)}" if state.quarantined_at else ""
        yield f"    It is held{since}: {state.quarantine}."


def _skip_words(packed: str) -> str:
    hours, _, days = packed.partition(";")
    return ", ".join(filter(None, (hours.replace(",", ", "), days.replace(",", ", "))))


def _then_lines(feed: FeedHealth, found: Missing, moments: Moments) -> Iterator[str]:
    if found.day is None:
        return
    visits = found.then.get(feed.feed.id, ())
    if not visits:
        yield "    Around that day no visit to it is recorded: it had nothing new, or the record is past the retention."
        return
    yield f"    Around that day ({plural(len(visits), 'visit')} recorded; quiet ones are not):"
    shown = sorted(sorted(visits, key=_is_dull)[:VISITS_SHOWN_MAX], key=lambda visit: visit.polled_at)
    for visit in shown:
        yield f"      {moments.say(visit.polled_at)}: {visit_words(visit)}"
    if len(visits) > len(shown):
        yield f"      and {plural(len(visits) - len(shown), 'visit')} more"


def _is_dull(visit: PollVisit) -> bool:
    """What failed or lost something explains most."""
    return not visit.error and not visit.note


def missing_record(found: Missing) -> dict[str, object]:
    """The same as an object; times in UTC."""
    return {
        "article": None,
        "wanted": found.wanted,
        "swept": found.swept,
        "published_on": found.day.isoformat() if found.day is not None else None,
        "feeds": [_feed_record(feed, found.then.get(feed.feed.id, ())) for feed in found.feeds],
        "more_feeds": found.more_feeds,
        "brought_by": [
            {"feed": one.feed, "articles": one.articles, "last": format_time(one.last_at)} for one in found.bringers
        ],
    }


def _feed_record(feed: FeedHealth, then: tuple[PollVisit, ...]) -> dict[str, object]:
    state = feed.feed.state
    return {
        "feed": feed.feed.name,
        "active": feed.active,
        "first_read": format_time(state.first_polled_at),
        "last_read": format_time(state.last_ok_at),
        "last_visited": format_time(feed.last_poll_at),
        "outcome": feed.outcome or None,
        "next_poll_at": format_time(feed.next_poll_at),
        "error": feed.error or None,
        "failing_since": format_time(state.failing_since),
        "stay_away_until": format_time(feed.hold_until),
        "skip_times": state.skip_times or None,
        "lost_windows": feed.lost_windows,
        "lost_entries": feed.lost_entries,
        "last_lost_at": format_time(state.last_lost_at),
        "held": state.quarantine or None,
        "visits_then": list(map(visit_record, then)),
    }
