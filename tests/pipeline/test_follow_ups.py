"""What becomes of a told story: updates by their gates, lines beside other news, other headlines, the appendix."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.channels.base import Payload
from monitor.model import ArticleId, ChannelName, Dedup, Digest, DigestKind, Entry, Mark, StoryId, Topic, TopicKey
from monitor.pipeline.corrections import split_story
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START
from tests.pipeline.given import DESK, HOSTAGES, SHIPPING, a_topic, an_entry, told_stories
from tests.pipeline.test_digest import HOUR, Desk, a_desk

HEADLINE = "Harbour fire in Redcliff kills 5, hostage among them"
FIRST = (
    "A blaze in the old grain store killed five people on Monday, the Redcliff fire service said; a hostage died too."
)
LATER = (
    "Divers found eighteen more bodies below the collapsed quay. Police arrested the owner of the warehouse, who had "
    "ignored three warnings, and the governor ordered an inquiry into every store along the estuary."
)
SAME = "Grain store blaze in Redcliff killed five people on Monday, a hostage among them, the fire service said again."


@dataclass
class Reader(RecordingChannel):
    """A channel that keeps the digests it was asked to render."""

    digests: list[Digest] = field(default_factory=list)

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """As ever."""
        self.digests.append(digest)
        return super().render(digest, key, root)


def a_reader(desk: Desk, name: str = DESK) -> Reader:
    """The desk's channels with one of them read along."""
    reader = Reader(name)
    desk.channels = (*(channel for channel in desk.channels if channel.name != name), reader)
    return reader


def an_article(outlet: int, title: str, text: str) -> Entry:
    """An outlet's own article."""
    return an_entry(700 + outlet, outlet=outlet, title=title, summary=text, published=None)


def join(desk: Desk, outlet: int, title: str, text: str, *, hours: float, quiet: bool = False) -> int:
    """A report of the story that was read first, whatever the text measure would say of it; its article's id."""
    now = START + hours * HOUR
    desk.read(an_article(outlet, title, text), now=now, outlet=outlet)
    change = sa.text(
        "UPDATE article SET story_id = (SELECT min(story_id) FROM match), relation = 'report', quiet = :quiet "
        "WHERE id = (SELECT max(id) FROM article)"
    )
    moved = sa.text(
        "UPDATE match SET story_id = (SELECT min(story_id) FROM match) "
        "WHERE article_id = (SELECT max(article_id) FROM match)"
    )
    with desk.store.write() as tx:
        tx.connection.execute(change, {"quiet": quiet})
        tx.connection.execute(moved)
        return int(tx.connection.execute(sa.text("SELECT max(id) FROM article")).scalar_one())


def a_told_fire(store: Store, *topics: Topic, feeds: int = 6) -> tuple[Desk, Reader]:
    """The fire was told at 10:00; what the channel gets from then on is read along."""
    desk = a_desk(store, *(topics or (a_topic(),)), feeds=feeds)
    desk.read(an_article(0, HEADLINE, FIRST))
    desk.close(START + HOUR)
    assert len(told_stories(store)) == 1
    return desk, a_reader(desk)


def open_count(store: Store, topic: TopicKey = HOSTAGES) -> int:
    """Matches that wait."""
    with store.read() as tx:
        return tx.matches.count_open(topic)


def lines_of(digest: Digest) -> list[tuple[str, str]]:
    """The lines of a digest: what was told, and the title under it."""
    return [(line.told_title, line.article.title) for line in digest.follow_ups]


# --- updates ---------------------------------------------------------------------------------------------------------


def test_a_toll_that_rose_is_one_update_for_three_outlets(store: Store) -> None:
    """Five dead are told; eight hours later three outlets report 23 and an arrest: exactly one update."""
    desk, reader = a_told_fire(store)
    for outlet in (1, 2, 3):
        join(desk, outlet, f"Redcliff hostage fire toll rises to 23 ({outlet})", LATER, hours=8.5 + outlet)
        desk.close(START + (9 + outlet) * HOUR)
    assert [digest.stories[0].marks for digest in reader.digests] == [(Mark.UPDATE,)]
    assert len(told_stories(store)) == 2
    with store.read() as tx:
        [story_id] = set(map(StoryId, told_stories(store)))
        reasons = [record.reason for record in tx.digests.tellings_of(story_id)]
    assert reasons[1].startswith("update: a headline has a new number, 23; ")
    assert reasons[1].endswith("% of it is new")


def test_what_only_came_too_soon_is_told_when_six_hours_are_over(store: Store) -> None:
    """A development two hours after the telling is looked at again at every slot, and nothing else need come."""
    desk, reader = a_told_fire(store)
    join(desk, 1, "Redcliff hostage fire toll rises to 23", LATER, hours=2.5)
    for hour in range(3, 7):
        desk.close(START + hour * HOUR)
    assert reader.digests == []
    assert open_count(store) == 1
    desk.close(START + 7 * HOUR)
    assert [digest.stories[0].marks for digest in reader.digests] == [(Mark.UPDATE,)]
    assert open_count(store) == 0
    [story_id] = set(told_stories(store))
    assert len([reason for reason in desk.held(story_id) if "less than 6 hours ago" in reason]) == 1


def test_a_topic_told_at_once_wakes_for_the_update(store: Store) -> None:
    """Without slots of its own, a topic is due when the six hours are over."""
    desk, reader = a_told_fire(store, a_topic(schedule="now", settle_s=0))
    join(desk, 1, "Redcliff hostage fire toll rises to 23", LATER, hours=2)
    desk.close(START + 2 * HOUR)
    with store.read() as tx:
        state = tx.topics.get(HOSTAGES)
    assert state is not None
    assert state.next_due_at == START + 7 * HOUR
    desk.close(START + 7 * HOUR)
    assert [digest.stories[0].marks for digest in reader.digests] == [(Mark.UPDATE,)]


# --- lines -----------------------------------------------------------------------------------------------------------


def test_a_report_of_a_told_story_stands_in_the_next_digest_that_goes_out_anyway(store: Store) -> None:
    """It sends no message of its own, waits for one, stands in one line of it and never again."""
    desk, reader = a_told_fire(store)
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5)
    desk.close(START + 2 * HOUR)
    desk.close(START + 3 * HOUR)
    assert (reader.digests, open_count(store)) == ([], 1)

    desk.read(an_entry(5), now=START + 3.5 * HOUR)
    desk.close(START + 4 * HOUR)

    [digest] = reader.digests
    assert digest.story_count == 1
    assert lines_of(digest) == [(HEADLINE, "Redcliff mourns hostage and dockers")]
    assert open_count(store) == 0
    desk.read(an_entry(6), now=START + 4.5 * HOUR)
    desk.close(START + 5 * HOUR)
    assert lines_of(reader.digests[1]) == []
    assert len(told_stories(store)) == 3


def test_a_split_hides_no_report_that_waits_for_its_line(store: Store) -> None:
    """It is no update of either part, and stands in a line of the next digest that goes out anyway."""
    desk, reader = a_told_fire(store)
    report = join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5)
    [story] = told_stories(store)
    desk.close(START + 2 * HOUR)
    split_story(store, StoryId(story), [ArticleId(report)], by="ada", reason="another", now=START + 2.5 * HOUR)
    desk.close(START + 3 * HOUR)
    assert (reader.digests, open_count(store)) == ([], 1)

    desk.read(an_entry(5), now=START + 3.5 * HOUR)
    desk.close(START + 4 * HOUR)

    [digest] = reader.digests
    assert digest.story_count == 1
    assert [title for _, title in lines_of(digest)] == ["Redcliff mourns hostage and dockers"]
    assert open_count(store) == 0


def test_quiet_reports_and_copies_are_only_counted(store: Store) -> None:
    """What says nearly the same has no line, in a digest that goes out too."""
    desk, reader = a_told_fire(store)
    copy = replace(an_article(0, HEADLINE, FIRST), id="again", link="https://outlet2.example/a")
    desk.read(copy, now=START + 1.3 * HOUR, outlet=2)
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5, quiet=True)
    desk.read(an_entry(5), now=START + 1.6 * HOUR)
    desk.close(START + 2 * HOUR)
    assert [(digest.story_count, lines_of(digest)) for digest in reader.digests] == [(1, [])]
    assert open_count(store) == 0


def test_loose_has_no_lines(store: Store) -> None:
    """With `loose` every report of what was told is only counted, at once."""
    desk, reader = a_told_fire(store, a_topic(dedup=Dedup.LOOSE))
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5)
    desk.close(START + 2 * HOUR)
    assert (reader.digests, open_count(store)) == ([], 0)


def test_a_line_waits_two_days_at_most(store: Store) -> None:
    """After 48 hours without a digest it is no news any more; why it was not shown is written down."""
    desk, reader = a_told_fire(store)
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5)
    desk.close(START + 49 * HOUR)
    assert open_count(store) == 1
    desk.close(START + 50 * HOUR)
    assert (reader.digests, open_count(store)) == ([], 0)
    [story_id] = told_stories(store)
    first, last = desk.held(story_id)
    assert first.endswith("; waits to stand in a line of a digest")
    assert last.endswith("; no digest went out for 48 hours to stand in")


def test_there_are_at_most_ten_lines_and_the_rest_is_counted(sqlite_store: Store) -> None:
    """A flood of reports makes no digest long."""
    desk, reader = a_told_fire(sqlite_store, feeds=14)
    for outlet in range(1, 14):
        join(desk, outlet, f"Redcliff mourns hostage and dockers, part {'abcdefghijklmn'[outlet]}", SAME, hours=1.5)
    desk.read(an_entry(5), now=START + 1.6 * HOUR)
    desk.close(START + 2 * HOUR)
    [digest] = reader.digests
    assert (len(digest.follow_ups), digest.follow_ups_more) == (10, 3)
    assert open_count(sqlite_store) == 0


def test_each_channel_has_its_line_once(store: Store) -> None:
    """A channel that had its line is not shown it again while another still waits for a digest."""
    mail = ChannelName("mail")
    topics = [a_topic(channels=(DESK, mail)), a_topic(SHIPPING, channels=(mail,))]
    desk = a_desk(store, *topics, feeds=2, channels=("desk", "mail"))
    readers = [a_reader(desk), a_reader(desk, mail)]
    both = an_entry(5, about="tanker of the hostage")
    desk.read(an_article(0, HEADLINE, FIRST))
    desk.close(START + HOUR)
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5)
    with store.write() as tx:  # mail heard of the tanker from its other topic before this one's slot
        tx.topics.set_next(SHIPPING, START + 1.7 * HOUR)
    desk.read(both, now=START + 1.6 * HOUR)
    desk.close(START + 1.8 * HOUR)
    desk.close(START + 2 * HOUR)
    desk.read(an_entry(6), now=START + 2.5 * HOUR)
    desk.close(START + 3 * HOUR)
    shown = [[len(digest.follow_ups) for digest in reader.digests if digest.topic == HOSTAGES] for reader in readers]
    assert shown == [[0, 1, 0], [0, 1]]
    assert open_count(store) == 0


def test_a_heartbeat_goes_out_anyway_and_shows_the_line(store: Store) -> None:
    """Where silence is told, there is room for what went on."""
    desk, reader = a_told_fire(store, a_topic(on_empty="heartbeat"))
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=1.5)
    desk.close(START + 2 * HOUR)
    [digest] = reader.digests
    assert (digest.kind, len(digest.follow_ups)) == (DigestKind.HEARTBEAT, 1)


# --- headlines and the appendix --------------------------------------------------------------------------------------


def test_an_entry_lists_the_most_different_other_headlines(store: Store) -> None:
    """The story's own texts, the least alike first, none twice and no copy."""
    desk = a_desk(store, a_topic(headlines=2), feeds=6)
    reader = a_reader(desk)
    desk.read(an_article(0, HEADLINE, FIRST))
    join(desk, 1, "Harbour fire in Redcliff kills hostage", SAME, hours=0.1)
    join(desk, 2, "Owner of warehouse arrested, hostage family says", LATER, hours=0.2)
    join(desk, 3, HEADLINE, SAME, hours=0.3)
    desk.close(START + HOUR)
    [digest] = reader.digests
    assert [line.title for line in digest.stories[0].headlines] == [
        "Owner of warehouse arrested, hostage family says",
        "Harbour fire in Redcliff kills hostage",
    ]
    assert digest.stories[0].headlines[0].outlet == "Outlet 2"


def test_the_first_digest_of_a_day_says_what_was_folded(store: Store) -> None:
    """Copies and reports of the last 24 hours with their reason; a later digest of the day has none, and none is sent
    for it alone.
    """
    desk, reader = a_told_fire(store, a_topic(appendix=True))
    desk.read(
        replace(an_article(0, HEADLINE, FIRST), id="again", link="https://outlet1.example/a"),
        now=START + 1.2 * HOUR,
        outlet=1,
    )
    join(desk, 2, "Redcliff mourns hostage and dockers", SAME, hours=1.5, quiet=True)
    desk.close(START + 2 * HOUR)
    assert reader.digests == []
    for hours in (15.5, 16.5):
        desk.read(an_entry(int(hours)), now=START + hours * HOUR)
        desk.close(START + (hours + 0.5) * HOUR)
    first, second = reader.digests
    assert [(one.article.title, one.is_copy, one.of_title) for one in first.folded] == [
        ("Redcliff mourns hostage and dockers", False, HEADLINE),
        (HEADLINE, True, HEADLINE),
    ]
    assert {one.told_at for one in first.folded} == {START + HOUR}
    assert (first.folded_more, second.folded) == (0, ())


def test_a_report_that_waits_is_not_called_folded(sqlite_store: Store) -> None:
    """What stands in a line, or still waits to be told, is not told off as folded."""
    desk, reader = a_told_fire(sqlite_store, a_topic(appendix=True))
    join(desk, 1, "Redcliff mourns hostage and dockers", SAME, hours=13)
    desk.read(an_entry(5), now=datetime(2026, 3, 15, 0, 30, tzinfo=START.tzinfo))
    desk.close(datetime(2026, 3, 15, 1, 0, tzinfo=START.tzinfo) + timedelta(seconds=1))
    [digest] = reader.digests
    assert (len(digest.follow_ups), digest.folded) == (1, ())
