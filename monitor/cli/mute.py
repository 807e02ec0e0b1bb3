"""`monitor mute`: hold a story, topic, feed or term back until a time; list and lift.

Effects: database, prints.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.cli.arguments import read_age
from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time, shown_zone
from monitor.cli.opening import find_topic, load_config, login_name, opened_store
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.config.schema import CONSOLE
from monitor.config.values import near_miss
from monitor.errors import ConfigError, MonitorError
from monitor.model import ChannelName, Mute, MuteKind, StoryId
from monitor.storage.mutes import LISTED_MAX
from monitor.storage.store import Store
from monitor.text import plain_line, plural, shorten

EXAMPLE = "monitor mute topic gulf-shipping --for 24h --reason 'fleet exercise'; monitor mute list; monitor mute lift 3"
STORY_FOR = "7d"
OTHER_FOR = "24h"
FOR_DAYS_MAX = 366
TERM_CHARS_MAX = 100
REASON_CHARS_MAX = 500
SHOWN_MAX = 10
_VALUES = {
    MuteKind.STORY: ("NUMBER", "a story by its number, as `monitor stories list` shows it"),
    MuteKind.TOPIC: ("TOPIC", "a topic by its key or name; what comes meanwhile waits"),
    MuteKind.FEED: ("NAME", "a feed by its name in feeds.toml"),
    MuteKind.TERM: ("TERM", "a word or phrase; stories that hold it wait"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="story|topic|feed|term|list|lift", required=True)
    for kind, (metavar, said) in _VALUES.items():
        muting = actions.add_parser(kind.value, help=said, description=f"Hold back {said}.")
        muting.add_argument("value", metavar=metavar, help=said)
        usual = STORY_FOR if kind is MuteKind.STORY else OTHER_FOR
        ends = muting.add_mutually_exclusive_group()
        ends.add_argument("--for", dest="span", metavar="SPAN", default=usual, help=f"how long (default: {usual})")
        until = 'until when, as in "2026-12-01 08:00"; without a zone in the time of the watchlist'
        ends.add_argument("--until", metavar="TIME", help=until)
        muting.add_argument("--channel", metavar="NAME", help="on this channel alone (default: on all)")
        muting.add_argument("--reason", metavar="TEXT", default="", help="why, for whoever reads the list")
        muting.add_argument("--by", metavar="NAME", help="who says so (default: the login name)")
    listing = actions.add_parser("list", help="what is held back", description="What is held back, the newest first.")
    listing.add_argument("--all", action="store_true", help="also what is over")
    listing.add_argument("--json", action="store_true", help="one object per line")
    lifting = actions.add_parser("lift", help="end a mute", description="End a mute before its time.")
    lifting.add_argument("id", metavar="ID", type=int, help="its number in the list")
    lifting.add_argument("--by", metavar="NAME", help="who says so (default: the login name)")


def run(args: argparse.Namespace) -> int:
    """Mute, list or lift. Raises MonitorError for a story, topic, feed, channel or mute that is not there."""
    loaded = load_config(args)
    now = SystemClock().now()
    with opened_store(loaded) as store:
        if args.action == "list":
            _list(store, now, shows_all=args.all, as_json=args.json)
        elif args.action == "lift":
            _lift(store, args.id, _by(args), now)
        else:
            _mute(store, loaded, args, now)
    return 0


def _by(args: argparse.Namespace) -> str:
    name = shorten(plain_line(args.by if args.by is not None else login_name()), TERM_CHARS_MAX)
    return f"cli:{name}" if name else "cli"


def _mute(store: Store, loaded: Loaded, args: argparse.Namespace, now: datetime) -> None:
    kind = MuteKind(args.action)
    channel = _find_channel(loaded, args.channel)
    until = _find_end(args.until, args.span, now)
    value = _find_value(store, loaded, kind, args.value)
    reason = shorten(plain_line(args.reason), REASON_CHARS_MAX)
    with store.write() as tx:
        mute = tx.mutes.add(kind, value, until=until, now=now, by=_by(args), channel=channel, reason=reason)
    print(f"{_what(mute)} until {say_time(mute.until)}. Take it back: monitor mute lift {mute.id}")
    if mute.at != now:
        print(f"  It was muted already, {say_time(mute.at)} by {mute.by}; the later end counts.")


def _find_channel(loaded: Loaded, name: str | None) -> ChannelName | None:
    known = sorted({CONSOLE, *loaded.settings.channels})
    if name is None or name in known:
        return None if name is None else ChannelName(name)
    raise MonitorError(f'there is no channel "{name}"', remedy=f"{near_miss(name, known)}Known: {', '.join(known)}.")


def _find_end(until: str | None, span: str, now: datetime) -> datetime:
    if until is None:
        end = now + read_age(span)
    else:
        try:
            end = datetime.fromisoformat(until)
        except ValueError as error:
            raise ConfigError(
                f'"{until}" is no time', remedy='Write it as in "2026-12-01 08:00", in the time of the watchlist.'
            ) from error
        end = (end if end.tzinfo else end.replace(tzinfo=shown_zone())).astimezone(UTC)
    if not now < end <= now + timedelta(days=FOR_DAYS_MAX):
        raise ConfigError(f"{say_time(end)} is no end of a mute", remedy="Name a time within the next year.")
    return end


def _find_value(store: Store, loaded: Loaded, kind: MuteKind, wanted: str) -> str:
    """The thing that is meant, as the table keeps it."""
    line = plain_line(wanted)
    if kind is MuteKind.TOPIC:
        return find_topic(loaded, line).key
    if kind is MuteKind.FEED:
        names = {feed.name.casefold(): feed.name for feed in loaded.feeds}
        if line.casefold() in names:
            return names[line.casefold()]
        near = near_miss(line, sorted(names.values()))
        raise MonitorError(f'there is no feed "{line}"', remedy=f"{near}See: monitor feeds list")
    if kind is MuteKind.STORY:
        with store.read() as tx:
            is_number = line.isascii() and line.isdecimal() and len(line) < 19
            if is_number and tx.corrections.resolve(StoryId(int(line))) is not None:
                return str(int(line))
        raise MonitorError(f"there is no story {line}", remedy="See: monitor stories list")
    if not line or len(line) > TERM_CHARS_MAX:
        raise ConfigError(f"a term is 1 to {TERM_CHARS_MAX} characters", remedy="Name a word or a short phrase.")
    return line


def show_mutes(mutes: Sequence[Mute]) -> None:
    """What is held back, for a screen that says other things too: at most ten lines; nothing where nothing is."""
    if not mutes:
        return
    print(f"Muted       {plural(len(mutes), 'mute')}: what they hold waits")
    for mute in mutes[:SHOWN_MAX]:
        reason = f": {mute.reason}" if mute.reason else ""
        print(f"            {mute.id}  {_what(mute)} until {say_time(mute.until)}, by {mute.by}{reason}")
    if len(mutes) > SHOWN_MAX:
        print(f"            and {len(mutes) - SHOWN_MAX} more: monitor mute list")


def _list(store: Store, now: datetime, *, shows_all: bool, as_json: bool) -> None:
    with store.read() as tx:
        mutes = tx.mutes.listed() if shows_all else sorted(tx.mutes.in_force(now), key=lambda one: -one.id)
    for mute in mutes:
        if as_json:
            write_line(mute_record(mute, now))
            continue
        print(f"{mute.id:>4}  {_what(mute)} until {say_time(mute.until)}{_state(mute, now)}")
        print(f"      {say_time(mute.at)} by {mute.by}{f': {mute.reason}' if mute.reason else ''}")
    if not as_json:
        print("Nothing is muted." if not mutes else f"{plural(len(mutes), 'mute')}.")
        if shows_all and len(mutes) == LISTED_MAX:
            print("There may be older ones.")


def _lift(store: Store, number: int, by: str, now: datetime) -> None:
    with store.write() as tx:
        mute = tx.mutes.lift(number, by=by, now=now) if abs(number) < 2**63 else None
    if mute is None:
        raise MonitorError(f"there is no mute {number}", remedy="See: monitor mute list --all")
    if mute.lifted_at == now:
        print(f"no longer muted: {_what(mute)}")
    else:
        print(f"It is over already: {_what(mute)} until {say_time(mute.until)}{_state(mute, now)}")


def _what(mute: Mute) -> str:
    return f'{mute.kind.value} "{mute.value}" on {mute.channel or "all channels"}'


def _state(mute: Mute, now: datetime) -> str:
    if mute.lifted_at is not None:
        return f", lifted {say_time(mute.lifted_at)} by {mute.lifted_by}"
    return "" if mute.holds(now) else ", over"


def mute_record(mute: Mute, now: datetime) -> dict[str, object]:
    """A mute for programs."""
    return {
        "id": mute.id,
        "kind": mute.kind.value,
        "value": mute.value,
        "channel": mute.channel,
        "until": format_time(mute.until),
        "at": format_time(mute.at),
        "by": mute.by,
        "reason": mute.reason or None,
        "in_force": mute.holds(now),
        "lifted_at": None if mute.lifted_at is None else format_time(mute.lifted_at),
        "lifted_by": mute.lifted_by or None,
    }
