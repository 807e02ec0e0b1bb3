"""`monitor feeds list`, `retry` and `accept`: how each feed is, and a person's word on one of them.

Effects: database, prints.
"""

import argparse
from datetime import datetime

from monitor.archive import database_path
from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import opened_store
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.errors import ConfigError
from monitor.feeds.coverage import is_stale
from monitor.model import FeedSpec
from monitor.storage.health import FeedHealth
from monitor.text import plural


def list_health(args: argparse.Namespace, loaded: Loaded) -> int:
    """Every configured feed with its health."""
    health: dict[str, FeedHealth] = {}
    path = database_path(loaded)
    if path is None or path.exists():  # else nothing was read yet, and that is what is shown
        with opened_store(loaded) as store, store.read() as tx:
            health = {feed.feed.url: feed for feed in tx.health.all(with_articles=True)}
    names = {feed.feed.id: feed.feed.name for feed in health.values()}
    now = SystemClock().now()
    for spec in loaded.feeds:
        found = health.get(spec.url)
        same_as = names.get(found.same_as) if found and found.same_as is not None else None
        if args.json:
            write_line(_record(spec, found, same_as, now))
        else:
            print("\n".join(_lines(spec, found, same_as, now)))
    return 0


def accept_feed(args: argparse.Namespace, loaded: Loaded) -> int:
    """End the quarantine of one feed. Raises ConfigError for one that is not configured or not held."""
    spec = _named(args, loaded)
    with opened_store(loaded) as store, store.write() as tx:
        accepted = tx.feeds.accept(spec.url)
        kept = tx.articles.count_quarantined(spec.url)
    if not accepted:
        raise ConfigError(f'"{spec.name}" is not held', remedy="There is nothing to accept.")
    print(f'"{spec.name}" is taken for what it says it is now. What it shows next is told again.')
    if kept:
        print(f"{plural(kept, 'article')} of it came while it was held: kept, and not told. See: monitor preview TOPIC")
    return 0


def retry_feed(args: argparse.Namespace, loaded: Loaded) -> int:
    """Make one feed due now. Raises ConfigError for one that is not configured, or whose server sent us away."""
    spec = _named(args, loaded)
    with opened_store(loaded) as store, store.write() as tx:
        hurried = tx.feeds.hurry([spec.url], SystemClock().now())
    if not hurried:
        remedy = "It is visited when that time is over: monitor feeds list"
        raise ConfigError(f'the server of "{spec.name}" said that we come too often', remedy=remedy)
    print(f'"{spec.name}" is due now. A running daemon visits it within seconds; else: monitor once')
    return 0


def find_feed(wanted: str, loaded: Loaded) -> FeedSpec | None:
    """The configured feed of that name or address."""
    return next((one for one in loaded.feeds if wanted == one.url or wanted.casefold() == one.name.casefold()), None)


def _named(args: argparse.Namespace, loaded: Loaded) -> FeedSpec:
    spec = find_feed(str(args.feed), loaded)
    if spec is None:
        raise ConfigError(f'no feed is called "{args.feed}"', remedy="See: monitor feeds list")
    return spec


def _lines(spec: FeedSpec, found: FeedHealth | None, same_as: str | None, now: datetime) -> list[str]:
    if found is None or found.last_poll_at is None:
        return [f"{'not read yet':<12}  {spec.name}  {spec.url}"]
    state = found.feed.state
    newest_at = state.watermark_at or found.last_new_at
    newest = f"newest of {say_time(newest_at)}" if newest_at else "nothing yet"
    lines = [f"{_word(found, now):<12}  {spec.name}  {found.articles} articles, {newest}  {spec.url}"]
    notes = []
    if found.error:
        notes.append(found.error)
    if state.quarantine:
        notes.append(f'Held: {state.quarantine}. If it is right: monitor feeds accept "{spec.name}"')
    if same_as is not None:
        notes.append(f'Moved for good to the address of "{same_as}", and rests. Remove one of the two.')
    elif state.address is not None:
        notes.append(f"Moved for good to {state.address}, where it is visited. Correct its url in feeds.toml.")
    if found.lost_windows:
        last = say_time(state.last_lost_at)
        times = plural(found.lost_windows, "time", "times")
        notes.append(f"May have lost about {plural(found.lost_entries, 'entry', 'entries')}, {times}, last {last}.")
    if is_stale(state, now):
        notes.append("It answers, and shows nothing new for longer than is usual.")
    if found.outcome in ("failed", "gone"):
        notes.append(f'Next visit {say_time(found.next_poll_at)}; sooner: monitor feeds retry "{spec.name}"')
    return lines + [f"{'':<14}{note}" for note in notes]


def _word(found: FeedHealth, now: datetime) -> str:
    if found.outcome in ("failed", "gone"):
        return found.outcome
    if found.feed.state.quarantine:
        return "held"
    if found.same_as is not None:
        return "same"
    return "silent" if is_stale(found.feed.state, now) else "ok"


def _record(spec: FeedSpec, found: FeedHealth | None, same_as: str | None, now: datetime) -> dict[str, object]:
    record: dict[str, object] = {"feed": spec.name, "url": spec.url, "language": spec.language, "weight": spec.weight}
    if found is None:
        return record | dict.fromkeys(_KEYS) | {"articles": 0, "lost_windows": 0, "lost_entries": 0, "stale": False}
    state = found.feed.state
    values = (
        *(found.outcome or None, found.status, found.reason or None, found.error or None, found.articles),
        *(format_time(found.last_poll_at), format_time(state.last_ok_at), format_time(found.last_new_at)),
        *(format_time(found.next_poll_at), format_time(state.failing_since), state.interval_s, found.lost_windows),
        *(found.lost_entries, format_time(state.last_lost_at), format_time(state.watermark_at), is_stale(state, now)),
        *(state.quarantine or None, state.address, same_as),
    )
    return record | dict(zip(_KEYS, values, strict=True))


_KEYS = (
    *("outcome", "status", "reason", "error", "articles", "last_poll_at", "last_ok_at", "last_new_at", "next_poll_at"),
    *("failing_since", "interval_s", "lost_windows", "lost_entries", "last_lost_at", "newest_at", "stale", "held"),
    *("moved_to", "same_as"),
)
"""The keys of a feed's health in `--json`, in order. Others read them: keys are added, never renamed."""
