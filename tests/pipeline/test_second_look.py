"""Second looks: what was told at once is looked at again, and who was told hears once of what changed."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from monitor.channels.base import Payload
from monitor.digests.schedule import parse_quiet_hours
from monitor.digests.second_look import CONFIRM_AFTER, LookState
from monitor.errors import ParseError, ParseReason
from monitor.feeds.fetch import Fetcher
from monitor.feeds.guard import Guard
from monitor.feeds.page import read_headlines
from monitor.feeds.permission import Permissions
from monitor.model import ArticleId, ChannelName, Delivery, Digest, MuteKind, Note, NoteKind, PageHeadlines, Topic
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.pipeline.second_look import SecondLooks
from monitor.storage.delivery_tables import DELIVERY
from monitor.storage.second_looks import LEASE_S, StoredLook
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.fakes.http import Scripted, drop, respond, serve_scripts
from tests.feeds.pages import article_page
from tests.pipeline.given import (
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    digest_context,
    ingest,
    watch,
    with_baseline,
)

HTML = "Content-Type: text/html; charset=utf-8"
TITLE = "Attack on Bellmoor market frees 12 hostages"
CHANGED = "Attack on Bellmoor market frees 3 hostages"
GONE = respond("404 Not Found")
HOUR = timedelta(hours=1)


def page(title: str = TITLE) -> bytes:
    """An answer with a page of that headline."""
    return respond(headers=HTML, body=article_page(title=title).encode())


class OwnParser:
    """The real reader without its process."""

    def read_headlines(self, body: bytes, charset: str | None) -> PageHeadlines:
        """As in the child process."""
        if b"poison" in body:
            raise ParseError("reading it takes longer than 10 s", reason=ParseReason.TOO_SLOW)
        if b"bug" in body:
            raise RuntimeError("a bug of ours")
        return read_headlines(body, charset)


@dataclass
class MailLike(RecordingChannel):
    """A channel with a lane per recipient, and the notes it rendered."""

    recipients: Sequence[str] = ("",)
    notes: list[tuple[Note, str]] = field(default_factory=list)

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One per recipient."""
        return [Payload(1, name, f"{key} for {name}", name) for name in self.recipients]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One per recipient."""
        self.notes.append((note, root))
        return [Payload(1, name, f"{key}: {note.head}", name) for name in self.recipients]


@dataclass
class Desk:
    """A store, a site on loopback, a topic told at once to some channels, and who looks again."""

    store: Store
    site: Scripted
    channels: list[MailLike] = field(default_factory=lambda: [MailLike("desk")])
    topics: list[Topic] = field(default_factory=lambda: [a_topic(schedule="now")])
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))
    faults: list[str] = field(default_factory=list)

    @property
    def article(self) -> ArticleId:
        """The newest article."""
        return articles_of(self.store)[-1].article.id

    def tell(self) -> None:
        """The site's feed brings an article, and it is told and delivered."""
        watch(self.store, self.topics)
        context = a_context(self.topics)
        feeds = with_baseline(self.store, context)
        entry = an_entry(1, title=TITLE, link=self.site.url("/a"), summary="Twelve were freed at the old market.")
        ingest(self.store, [a_visit(feeds[0], [entry])], context)
        close_due(self.store, digest_context(self.topics, *self.channels), START, settled=True)
        self.deliver()

    def deliver(self) -> None:
        """Send what is due."""
        for channel in self.channels:
            sender = Sender(self.store, self.clock, owner="me", jitter=lambda: 0.0)
            sender.deliver_due(channel, SendRules())

    def look(self, after: timedelta, owner: str = "me") -> int:
        """The looks due at that time after the start."""
        self.clock = FakeClock(START + after)

        async def work() -> int:
            fetcher = Fetcher(Guard(("127.0.0.1/32",)), body_bytes_max=300_000, exchange_s=5.0)
            with ThreadPoolExecutor(1) as database, ThreadPoolExecutor(1) as parser:
                looks = SecondLooks(
                    self.store,
                    fetcher,
                    Permissions(fetcher),
                    OwnParser(),  # type: ignore[arg-type]  # the same function without its process
                    self.clock,
                    channels=lambda: {ChannelName(channel.name): channel for channel in self.channels},
                    topics=lambda: {topic.key: topic for topic in self.topics},
                    owner=owner,
                    database_pool=database,
                    parser_pool=parser,
                )
                made = await looks.look()
                await fetcher.close()
                return made

        return asyncio.run(work())

    def looks(self) -> StoredLook:
        """The looks at the newest article."""
        with self.store.read() as tx:
            found = tx.second_looks.of_article(self.article)
        assert found is not None
        return found

    def notes(self) -> list[sa.Row[tuple[object, ...]]]:
        """The notes in the outbox, in order."""
        question = sa.select(DELIVERY).where(DELIVERY.c.kind == "note").order_by(DELIVERY.c.id)
        with self.store.read() as tx:
            return list(tx.connection.execute(question))

    def visits(self) -> int:
        """How often the page was asked for."""
        return sum(asked.path == "/a" for asked in self.site.asked)


@pytest.fixture
def site() -> Iterator[Scripted]:
    """A site without a robots.txt."""
    with serve_scripts() as served:
        yield served


@pytest.fixture
def desk(sqlite_store: Store, site: Scripted) -> Desk:
    """A desk over SQLite."""
    return Desk(sqlite_store, site)


def test_an_alerted_article_is_looked_at_after_one_six_and_twenty_four_hours(store: Store, site: Scripted) -> None:
    """Three visits to the page, none before its time and none after; nothing changed, so nothing is said."""
    desk = Desk(store, site)
    site.script("/a", page())
    desk.tell()
    assert desk.look(HOUR - timedelta(seconds=1)) == 0
    assert [desk.look(hours * HOUR) for hours in (1, 2, 6, 7, 24, 25, 100)] == [1, 0, 1, 0, 1, 0, 0]
    assert (desk.visits(), desk.notes()) == (3, [])
    assert (desk.looks().looks, desk.looks().state) == (3, LookState.DONE)


def test_a_withdrawn_page_becomes_one_note_in_the_thread(store: Store, site: Scripted) -> None:
    """Not at the first 404: it is asked for again a quarter of an hour later. Then once, and no look follows."""
    desk = Desk(store, site)
    site.script("/a", GONE)
    desk.tell()
    assert (desk.look(HOUR), desk.notes()) == (1, [])
    assert desk.look(HOUR + CONFIRM_AFTER) == 1
    [note] = desk.notes()
    [(said, root)] = desk.channels[0].notes
    assert said.head == f"Withdrawn: the page of “{TITLE}” (Outlet 0) is gone."
    assert (said.kind, said.topic, said.lines[0].url) == (NoteKind.WITHDRAWN, "hostages", site.url("/a"))
    assert root == f"digest-{note.digest_id}-desk"
    desk.deliver()
    assert desk.channels[0].arrived[1:] == [note.key]
    assert desk.look(24 * HOUR) == 0


def test_the_note_stands_in_the_thread_of_the_message_that_told(store: Store, site: Scripted) -> None:
    """The channel is handed the receipt of the root; so many recipients, so many threads; a new one gets none."""
    desk = Desk(store, site, [MailLike("mail", recipients=["anna", "ben"])])
    desk.topics = [a_topic(schedule="now", channels=(ChannelName("mail"),))]
    site.script("/a", page(), page(CHANGED))
    desk.tell()
    desk.channels[0].recipients = ["anna", "ben", "chris"]
    desk.look(HOUR)
    desk.look(6 * HOUR)
    parents: list[tuple[str, str | None]] = []

    def take(delivery: Delivery) -> None:
        parents.append((delivery.lane, delivery.parent_receipt))

    desk.channels[0].on_send = take
    told = list(desk.channels[0].arrived)
    desk.deliver()
    assert parents == [(name, f"receipt of {key}") for name, key in zip(("anna", "ben"), told, strict=True)]


def test_a_changed_headline_is_told_once_per_change(store: Store, site: Scripted) -> None:
    """A look that finds the headline as it was told last says nothing; the next change is told again."""
    desk = Desk(store, site)
    site.script("/a", page(CHANGED), page(CHANGED), page(TITLE))
    desk.tell()
    for hours in (1, 6, 24):
        desk.look(hours * HOUR)
    heads = [note.head for note, _ in desk.channels[0].notes]
    assert heads == [
        f"Headline changed: “{TITLE}” is now “{CHANGED}”",
        f"Headline changed: “{CHANGED}” is now “{TITLE}”",
    ]
    assert len({note.key for note in desk.notes()}) == 2


def test_every_channel_that_was_told_hears_of_it_and_no_other(store: Store, site: Scripted) -> None:
    """One whose digest failed was told nothing; one that left the configuration is passed over."""
    channels = [MailLike(name) for name in ("desk", "night", "lost", "left")]
    names = tuple(ChannelName(channel.name) for channel in channels)
    desk = Desk(store, site, channels, [a_topic(schedule="now", channels=names)])
    channels[2].faults = ["refused"]
    site.script("/a", page(CHANGED))
    desk.tell()
    desk.channels = [*channels[:3], MailLike("new")]
    desk.look(HOUR)
    assert [note.channel for note in desk.notes()] == ["desk", "night"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (respond("403 Forbidden"), "403"),
        (respond("500 Internal Server Error"), "500"),
        (respond("429 Too Many Requests"), "429"),
        (respond(headers="Content-Type: application/pdf", body=b"%PDF"), "no web page but application/pdf"),
        (page("Are you a robot?"), "no headline of the article"),
        (page("poison"), "longer than 10 s"),
        (page("bug"), "RuntimeError"),
        (respond("302 Found", headers="Location: /"), "front page"),
    ],
)
def test_where_nothing_certain_is_seen_nothing_is_claimed(
    desk: Desk, site: Scripted, answer: bytes, reason: str
) -> None:
    """A wall, a broken server, a page of another kind, a bug of ours: the look is over, and the reason is kept."""
    site.script("/a", answer)
    site.script("/", page("Bellmoor Courier"))
    desk.tell()
    assert desk.look(HOUR) == 1
    assert desk.notes() == []
    assert reason in desk.looks().reason
    assert (desk.looks().looks, desk.looks().state) == (1, LookState.WATCHED)


def test_a_line_that_breaks_claims_nothing(desk: Desk, site: Scripted) -> None:
    """Not even between two answers that the page is gone."""
    site.scripts["/a"] = [GONE, drop, GONE]
    desk.tell()
    desk.look(HOUR)
    desk.look(HOUR + CONFIRM_AFTER)
    assert (desk.notes(), desk.looks().state) == ([], LookState.DOUBTED)
    desk.look(6 * HOUR)
    assert [note.kind for note, _ in desk.channels[0].notes] == [NoteKind.WITHDRAWN]


def test_robots_txt_is_asked_and_obeyed(desk: Desk, site: Scripted) -> None:
    """A page that may not be read is not asked for."""
    site.script("/robots.txt", respond(headers="Content-Type: text/plain", body=b"User-agent: *\nDisallow: /a\n"))
    site.script("/a", GONE)
    desk.tell()
    assert desk.look(HOUR) == 1
    assert (desk.visits(), desk.looks().reason) == (0, "the site's robots.txt forbids it")


def test_an_ordinary_digest_is_not_looked_at_again(desk: Desk, site: Scripted) -> None:
    """It is read when it comes; only who was alerted acted on it."""
    desk.topics = [a_topic(schedule="every 1h")]
    desk.tell()
    close_due(desk.store, digest_context(desk.topics, *desk.channels), START + HOUR)
    assert desk.channels[0].arrived == []
    with desk.store.read() as tx:
        assert tx.second_looks.of_article(desk.article) is None
        assert tx.outbox.count_waiting() == {"desk": 1}


def test_quiet_hours_hold_a_note(desk: Desk, site: Scripted) -> None:
    """The look is made again when they end, and the note goes out then."""
    desk.topics = [a_topic(schedule="now", quiet_hours=parse_quiet_hours("09:30-11:00"))]
    site.script("/a", page(CHANGED))
    desk.tell()
    desk.look(HOUR)
    assert (desk.notes(), desk.looks().looks, desk.looks().next_at) == ([], 0, START + 2 * HOUR)
    desk.look(2 * HOUR)
    assert len(desk.notes()) == 1


def test_two_workers_look_once_and_a_dead_ones_look_is_made_again(store: Store, site: Scripted) -> None:
    """A look is leased; who comes back after the lease writes nothing."""
    desk = Desk(store, site)
    site.script("/a", page())
    desk.tell()
    at = START + HOUR
    with store.write() as tx:
        [task] = tx.second_looks.claim(at, owner="dead", limit=8)
    assert desk.look(HOUR) == 0
    assert desk.look(HOUR + timedelta(seconds=LEASE_S)) == 1
    with store.write() as tx:
        assert not tx.second_looks.put_off(task, at, owner="dead")
    assert desk.looks().looks == 1


def test_a_look_is_planned_once(store: Store, site: Scripted) -> None:
    """An article told again keeps its times, also when its looks are over."""
    desk = Desk(store, site)
    site.script("/a", GONE)
    desk.tell()
    desk.look(HOUR)
    desk.look(2 * HOUR)
    with store.write() as tx:
        tx.second_looks.add([desk.article, desk.article], START + 3 * HOUR)
    assert (desk.looks().state, desk.looks().told_at) == (LookState.WITHDRAWN, START)
    with store.write() as tx:
        tx.second_looks.forget([desk.article])
        assert tx.second_looks.of_article(desk.article) is None


@pytest.mark.parametrize("kind", list(MuteKind))
def test_what_is_muted_gets_no_note_until_the_mute_ends(desk: Desk, site: Scripted, kind: MuteKind) -> None:
    """By story, topic, feed and term; the look is made again then, and the note goes out once."""
    site.script("/a", page(CHANGED))
    desk.tell()
    with desk.store.write() as tx:
        story = tx.articles.by_ids([desk.article])[desk.article].story_id
        value = {"story": str(story), "topic": "hostages", "feed": "Outlet 0", "term": "Bellmoor market"}[kind.value]
        tx.mutes.add(kind, value, until=START + 3 * HOUR, now=START, by="cli:anna")
    desk.look(HOUR)
    assert (desk.notes(), desk.looks().looks, desk.looks().next_at) == ([], 0, START + 3 * HOUR)
    desk.look(3 * HOUR)
    desk.look(4 * HOUR)
    assert len(desk.notes()) == 1


def test_a_mute_of_one_channel_keeps_no_note_from_another(desk: Desk, site: Scripted) -> None:
    """Who did not mute it hears at once."""
    desk.channels = [MailLike("desk"), MailLike("night")]
    desk.topics = [a_topic(schedule="now", channels=(ChannelName("desk"), ChannelName("night")))]
    site.script("/a", page(CHANGED))
    desk.tell()
    with desk.store.write() as tx:
        until, channel = START + 3 * HOUR, ChannelName("desk")
        tx.mutes.add(MuteKind.TOPIC, "hostages", until=until, now=START, by="cli:anna", channel=channel)
    desk.look(HOUR)
    assert [note.channel for note in desk.notes()] == ["night"]
