"""A plan of an edit that touches all of 100 topics, over an archive of 100,000 articles: beside judging every article.

The articles are this bench's own, and so are the topics: half names and half queries of the words of these articles,
rare ones and common ones. Every topic is changed: names get another name, queries another word. What a plan costs is
told in seconds, and beside judging every article under the same topics in the same run (measured on a tenth, told
times ten), so the machine's speed falls out. Both must find the same.

Effects: files in a temporary folder, writes to standard output.
"""

import gc
import os
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path

from msgspec.structs import replace

from bench.search import ARTICLES, LEXICON, SCANNED, fill, timed
from bench.world import items
from monitor.digests.schedule import parse_schedule
from monitor.model import ChannelName, Topic, TopicKey, Watchlist
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.plan import plan_change
from monitor.storage.engine import open_engine
from monitor.storage.replay import find_since, read_replayed
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store
from monitor.topics.match import CompiledWatchlist, compile_watchlist, find_answered

TOPICS = int(os.environ.get("BENCH_TOPICS", "100"))
EVERY_S = 25
"""Between two articles: 100,000 are the news of 29 days."""
SECONDS_WANTED = 5.0
RATIO_WANTED = 0.6
ROUNDS = 3
BROAD = ("tanker OR ship", "hostage* NEAR/8 talks", "inflation", "villages AND rescue", "cargo")
SUBJECTS = (
    "hostage negotiations", "captives freed", "tanker attacks", "cargo ship seized", "interest rates", "inflation",
    "earthquake rescue", "hill villages", "missile off the cape", "central bank decision",
)  # fmt: skip


def make_topics() -> tuple[list[Topic], list[Topic]]:
    """The topics before and after the edit."""
    chance = random.Random("plan")
    words = [word for item in items(datetime(2026, 1, 1, tzinfo=UTC), 400, EVERY_S) for word in item.text.split()]
    known = sorted({word.strip(".,;").lower() for word in words if len(word) > 6 and word.isalpha()})
    schedules = ("now", "every 1h", "daily 08:00")
    before, after = [], []
    for number in range(TOPICS):
        some = chance.sample(known, 9)
        schedule = parse_schedule(schedules[number % 3], "Europe/Berlin")
        topic = Topic(TopicKey(f"topic-{number}"), f"topic {number}", schedule, (ChannelName("desk"),))
        if number % 2:
            query = f"({some[0]} OR {some[1]} OR {some[2]}) AND ({' OR '.join(some[3:8])})"
            if number % 10 == 1:
                query = BROAD[number // 10 % len(BROAD)]
            before.append(replace(topic, query=query))
            after.append(replace(topic, query=f"({query}) OR ({some[8]} NEAR/10 {some[0]})"))
        else:
            name = SUBJECTS[number // 2 % len(SUBJECTS)] if number % 4 else " ".join(some[:2])
            before.append(replace(topic, name=name))
            after.append(replace(topic, name=name, also=(" ".join(some[2:4]),)))
    return before, after


def judge_all(store: Store, sides: tuple[CompiledWatchlist, CompiledWatchlist], since: datetime) -> dict[str, int]:
    """The baseline: every article since then judged under both watchlists; stories gained, by topic."""
    gained: dict[str, int] = {}
    with store.read() as tx:
        for article in read_replayed(tx, find_since(tx, since)):
            before, after = (set(find_answered(side, article.fed)) for side in sides)
            for key in after - before:
                gained[key] = gained.get(key, 0) + 1
    return gained


def run() -> int:
    """Print how long a plan takes, and its ratio to judging everything. Exit 1 where a limit is not kept."""
    now = datetime.now(UTC).replace(microsecond=0)
    gc.set_threshold(20_000, 10, 10)  # as the command has it
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        store = Store(open_engine(f"sqlite:///{Path(temporary) / 'plan.db'}"))
        ensure_schema(store.database)
        fill(store, now, EVERY_S)
        Indexer(store).catch_up(portions=ARTICLES)
        code = show(store, now)
        store.close()
    return code


def show(store: Store, now: datetime) -> int:
    """Measure over an archive that is there."""
    old, new = (compile_watchlist(Watchlist(tuple(side)), LEXICON) for side in make_topics())
    since = now - timedelta(seconds=EVERY_S * ARTICLES + 60)
    part = now - timedelta(seconds=EVERY_S * (ARTICLES // SCANNED))
    plans = [timed(partial(plan_change, store, old, new, now, since)) for _ in range(ROUNDS)]
    took, plan = min(plans, key=itemgetter(0))
    scan, gained = min((timed(partial(judge_all, store, (old, new), part)) for _ in range(ROUNDS)), key=itemgetter(0))
    found = {one.key: one.added for one in plan_change(store, old, new, now, part).topics if one.added}
    before, after = plan.messages
    print(f"{plan.articles} articles, {len(plan.topics)} topics, all changed; load {os.getloadavg()[0]:.1f}")
    print(
        f"  {plan.judged} judged; {plan.added} stories more; "
        f"{before / plan.days:.0f} -> {after / plan.days:.0f} messages a day"
    )
    ratio = took / (scan * SCANNED)
    first = plans[0][0]
    print(f"  a plan: {took:.2f} s, the first {first:.2f} s (wanted: at most {SECONDS_WANTED})")
    print(f"  of judging every article ({scan * SCANNED:.1f} s): {ratio:.3f} (wanted: at most {RATIO_WANTED})")
    if len(gained) != len(found):
        sys.exit("the plan and the scan disagree")
    return 1 if took > SECONDS_WANTED or ratio > RATIO_WANTED else 0
