"""`monitor stories list --below TOPIC`: what a budget kept from being told, with its score, the bar and the reason.

Effects: database, prints.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.config.load import Loaded
from monitor.model import Topic
from monitor.pipeline.bars import Standing, standings
from monitor.storage.bars import HeldStory
from monitor.storage.store import Store
from monitor.text import plain_line, plural

SINCE = timedelta(days=7)
"""How far back unless said: what the last footers counted."""


def list_below(
    store: Store, loaded: Loaded, topic: Topic, since: timedelta | None, limit: int, now: datetime, *, as_json: bool
) -> None:
    """Print the stories below the topic's bar, or without a seat; the best first."""
    with store.read() as tx:
        held = tx.bars.held(topic.key, now - (SINCE if since is None else since), limit)
        bars = standings(tx, topic, loaded.watchlist.topics, loaded.at_most, now)
    if as_json:
        for one in held:
            write_line(_record(one, bars))
    else:
        print("\n".join(_lines(topic, held, bars, limit)))


def _record(one: HeldStory, bars: Mapping[str, Standing]) -> dict[str, object]:
    return {
        "story": one.story_id,
        "title": one.title or None,
        "url": one.url or None,
        "outlet": one.outlet or None,
        "score": one.score,
        "bars": {name: {"at_most": str(bar.budget), "bar": bar.bar} for name, bar in bars.items()},
        "held_at": format_time(one.held_at),
        "channels": list(one.channels),
        "reason": one.reason,
    }


def _lines(topic: Topic, held: Sequence[HeldStory], bars: Mapping[str, Standing], limit: int) -> Iterator[str]:
    if not bars:
        yield f'{topic.key} has no budget: at_most = "8 per day" would give it one.'
    for name, bar in bars.items():
        stands = f"the bar stands at {bar.bar}" if bar.bar is not None else "no bar yet, the seats are counted"
        yield f"{name}: at most {bar.budget}; {stands}."
    for one in held:
        score = "–" if one.score is None else str(one.score)
        title = f'"{plain_line(one.title)}"' if one.title else "(its articles are past the retention)"
        yield f"{one.story_id:>8}  {score:>3}  {title}"
        outlet = f"  {plain_line(one.outlet)}" if one.outlet else ""
        yield f"               {say_time(one.held_at)}  not told on {', '.join(one.channels)}{outlet}"
        yield f"               {one.reason.partition('; see monitor')[0]}"
    more = " There may be more (--limit N)." if len(held) == limit else ""
    count = plural(len(held), "story", "stories")
    yield f"{count} fell below.{more} All of one: monitor stories show NUMBER" if held else "Nothing fell below."
