"""One transaction, all tables: the way into the database for everything above.

Effects: database.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

from monitor.storage.arrivals import ArrivalTable
from monitor.storage.articles import ArticleTable
from monitor.storage.bars import BarTable
from monitor.storage.canary import CanaryTable
from monitor.storage.corrections import CorrectionTable
from monitor.storage.delivery_views import DeliveryViews
from monitor.storage.digests import DigestTable
from monitor.storage.engine import Database, transaction
from monitor.storage.feed_views import FeedViews
from monitor.storage.feeds import FeedTable
from monitor.storage.gauge_views import GaugeViews
from monitor.storage.handed import HandedTable
from monitor.storage.health import HealthTable
from monitor.storage.holds import HoldTable
from monitor.storage.marks import MarkTable
from monitor.storage.matches import MatchTable
from monitor.storage.mutes import FollowTable, MuteTable
from monitor.storage.notices import NoticeTable
from monitor.storage.outbox import OutboxTable
from monitor.storage.pages import PageTable
from monitor.storage.prints import PrintTable
from monitor.storage.recipients import RecipientTable
from monitor.storage.renames import RenameTable
from monitor.storage.revisions import RevisionTable
from monitor.storage.second_looks import SecondLookTable
from monitor.storage.sightings import SightingTable
from monitor.storage.stories import StoryTable
from monitor.storage.story_lists import StoryLists
from monitor.storage.story_views import StoryViews
from monitor.storage.sweeping import SweepTable
from monitor.storage.target_views import TargetViews
from monitor.storage.tellings import TellingTable
from monitor.storage.told import ToldTable
from monitor.storage.topic_views import TopicViews
from monitor.storage.topics import TopicTable
from monitor.storage.vectors import VectorTable
from monitor.storage.waits import WaitTable
from monitor.storage.web_sessions import WebSessionTable
from monitor.storage.word_index import WordIndex
from monitor.storage.work_views import WorkViews
from monitor.storage.workers import WorkerTable


class Transaction:
    """All tables over one connection; valid until its block ends."""

    def __init__(self, connection: Connection) -> None:
        self.feeds = FeedTable(connection)
        self.health = HealthTable(connection)
        self.feed_views = FeedViews(connection)
        self.articles = ArticleTable(connection)
        self.arrivals = ArrivalTable(connection)
        self.sightings = SightingTable(connection)
        self.stories = StoryTable(connection)
        self.prints = PrintTable(connection)
        self.corrections = CorrectionTable(connection)
        self.story_views = StoryViews(connection)
        self.story_lists = StoryLists(connection)
        self.matches = MatchTable(connection)
        self.marks = MarkTable(connection)
        self.renames = RenameTable(connection)
        self.mutes = MuteTable(connection)
        self.follows = FollowTable(connection)
        self.topics = TopicTable(connection)
        self.topic_views = TopicViews(connection)
        self.pages = PageTable(connection)
        self.vectors = VectorTable(connection)
        self.digests = DigestTable(connection)
        self.waits = WaitTable(connection)
        self.outbox = OutboxTable(connection)
        self.delivery_views = DeliveryViews(connection)
        self.holds = HoldTable(connection)
        self.tellings = TellingTable(connection)
        self.bars = BarTable(connection)
        self.second_looks = SecondLookTable(connection)
        self.recipients = RecipientTable(connection)
        self.told = ToldTable(connection)
        self.revisions = RevisionTable(connection)
        self.notices = NoticeTable(connection)
        self.canary = CanaryTable(connection)
        self.words = WordIndex(connection)
        self.sweeps = SweepTable(connection)
        self.gauge_views = GaugeViews(connection)
        self.target_views = TargetViews(connection)
        self.web_sessions = WebSessionTable(connection)
        self.workers = WorkerTable(connection)
        self.handed = HandedTable(connection)
        self.work_views = WorkViews(connection)
        self.connection = connection


class Store:
    """The open database. Every method may be called from any thread; writers of this process take turns."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.on_write: Callable[[float, float], None] = lambda _wait_s, _held_s: None
        """Told of each writing transaction when it has ended: how long it waited for its turn, and how long it took."""

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that may change things: whole or not at all. Raises StorageError."""
        asked_s = began_s = time.perf_counter()
        try:
            with transaction(self.database) as connection:
                began_s = time.perf_counter()
                yield Transaction(connection)
        finally:
            self.on_write(began_s - asked_s, time.perf_counter() - began_s)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view that cannot change anything and never makes a writer wait."""
        with transaction(self.database, reads_only=True) as connection:
            yield Transaction(connection)

    def close(self) -> None:
        """Let every connection go."""
        self.database.close()
