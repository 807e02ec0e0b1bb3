"""A config folder, its database, and the command run in it as a person would."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.main import main
from monitor.clock import SystemClock
from monitor.model import ChannelName, Entry, Feed, Topic
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import FakeClock
from tests.fakes.stores import open_store
from tests.pipeline.given import (
    SHIPPING,
    a_context,
    a_topic,
    a_visit,
    claim_again,
    claim_feeds,
    digest_context,
    ingest,
    watch,
)

FEEDS = "# our three outlets\n" + "\n".join(
    f'[[feeds]]\nname = "Outlet {n}"  # number {n}\nurl = "https://outlet{n}.example/rss"\n' for n in range(3)
)
WATCHLIST = """\
timezone = "UTC"

[topics.hostages]
name = "Hostages"
query = "hostage*"
schedule = "every 1h"

[topics.shipping]
name = "Tanker attacks"
exclude = "drill"
schedule = "daily 08:00"
"""
CONSOLE = ChannelName("console")
LEXICON = load_lexicon()
TOPICS = (
    a_topic(channels=(CONSOLE,)),
    a_topic(SHIPPING, "daily 08:00", name="Tanker attacks", query=None, exclude="drill", channels=(CONSOLE,)),
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """The objects it wrote, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Newsroom:
    """Three outlets, two topics, one console; the pipeline's own steps fill its database."""

    path: Path
    capsys: pytest.CaptureFixture[str]
    now: datetime = field(default_factory=lambda: SystemClock().now().replace(microsecond=0))

    def __post_init__(self) -> None:
        """Write the configuration."""
        self.configure()

    @property
    def folder(self) -> Path:
        """The config folder."""
        return self.path / "config"

    def configure(self, *, feeds: str = FEEDS, watchlist: str = WATCHLIST, database: str = "monitor.db") -> None:
        """Write the three files."""
        monitor = (
            f'[database]\nurl = "sqlite:///{self.path / database}"\n'
            '[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n[web]\nlisten = ""\n'
        )
        write_folder(self.folder, monitor=monitor, feeds=feeds, watchlist=watchlist)

    def run(self, *words: str) -> Ended:
        """`monitor WORDS --config …`."""
        self.capsys.readouterr()
        command, *rest = words
        code = main([command, "--config", str(self.folder), *rest])
        printed = self.capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database."""
        opened = open_store(f"sqlite:///{self.path / 'monitor.db'}")
        try:
            yield opened
        finally:
            opened.close()

    def read_first(self, *entries: Entry, outlet: int = 0, topics: Sequence[Topic] = TOPICS) -> None:
        """The first reading of the feeds, two hours ago: the baseline."""
        early = self.now - timedelta(hours=2)
        with self.store() as store:
            watch(store, topics, early)
            feeds = claim_feeds(store, 3, now=early)
            visits = [a_visit(feed, entries if n == outlet else [], now=early) for n, feed in enumerate(feeds)]
            ingest(store, visits, a_context(topics, lexicon=LEXICON), early)

    def read(self, *entries: Entry, outlet: int = 0, ago: timedelta = timedelta(hours=1)) -> None:
        """An outlet brings these entries."""
        at = self.now - ago
        with self.store() as store:
            feeds: list[Feed] = claim_again(store, at)
            ingest(store, [a_visit(feeds[outlet], entries, now=at)], a_context(TOPICS, lexicon=LEXICON), at)
            with store.write() as tx:
                tx.feeds.release("worker")

    def tell(self, *, faults: Sequence[str] = (), deliver: bool = True, topics: Sequence[Topic] = TOPICS) -> None:
        """Close what is due and deliver it on the console."""
        channel = RecordingChannel("console", faults=list(faults))
        with self.store() as store:
            close_due(store, digest_context(topics, channel), self.now)
            if deliver:
                sender = Sender(store, FakeClock(self.now), owner="me", jitter=lambda: 0.0)
                sender.deliver_due(channel, SendRules())
