"""A plan of an edit that touches all of 100 topics, over an archive of 100,000 articles: beside judging every article.

The articles are this bench's own, and so are the topics: half names and half queries of the words of these articles,
rare ones and common ones. Every topic is changed: names get another name, queries another word. What a plan costs is
told in seconds, and beside judging every article under the same topics in the same run (measured on a tenth, told
times ten), so the machine's speed falls out. Both must find the same.

Effects: files in a temporary folder, writes to standard output.
"""

import os
import random
from dataclasses import replace
from datetime import datetime

from monitor.digests.schedule import parse_schedule
from monitor.model import ChannelName, Topic, TopicKey

TOPICS = int(os.environ.get("BENCH_TOPICS", "100"))
EVERY_S = 25
"""Between two articles: 100,000 are the news of 29 days."""
SECONDS_WANTED = 5.0
RATIO_WANTED = 0.6
ROUNDS = 3
SUBJECTS = (
    "hostage negotiations", "captives freed", "tanker attacks", "cargo ship seized", "interest rates", "inflation",
    "earthquake rescue", "hill villages", "missile off the cape", "central bank decision",
)  # fmt: skip


def make_topics(now: datetime) -> tuple[list[Topic], list[Topic]]:
    """The topics before and after the edit."""
    from bench.world import _WORDS

    chance = random.Random("plan")
    rare = [word for word in _WORDS if len(word) > 5]
    schedules = ("now", "every 1h", "daily 08:00")
    before, after = [], []
    for number in range(TOPICS):
        words = chance.sample(rare, 4)
        schedule = parse_schedule(schedules[number % 3], "Europe/Berlin")
        base = Topic(TopicKey(f"topic-{number}"), f"topic {number}", schedule, (ChannelName("desk"),))
        if number % 2:
            query = f"({words[0]} OR {words[1]}) AND ({' OR '.join(chance.sample(rare, 5))})"
            if number % 5 == 0:
                query = chance.choice(("tanker OR ship", "hostage* NEAR/8 talks", "inflation", "villages AND rescue"))
            before.append(replace(base, query=query))
            after.append(replace(base, query=f"({query}) OR {words[2]}"))
        else:
            name = SUBJECTS[number % len(SUBJECTS)] if number % 4 else " ".join(words[:2])
            before.append(replace(base, name=name))
            after.append(replace(base, name=name, also=(" ".join(words[2:]),)))
    return before, after


def run() -> int:
    """Print."""
    return 0
