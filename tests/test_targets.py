"""How soon a topic is told beside its target, and which step is said to have lost the time."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.config.faults import ConfigFaults
from monitor.config.load import load
from monitor.digests.schedule import next_slot_at, parse_quiet_hours, parse_schedule, slot_at, slot_label
from monitor.model import ChannelName, DigestId, DigestKind, FeedId, Topic
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.storage.store import Store
from monitor.storage.target_views import Way
from monitor.targets import Step, TargetWatch, judge, need_of, read_targets, sum_up
from tests.config.folder import write_folder
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_context, a_topic, a_visit, an_entry, digest_context, ingest, watch, with_baseline

BERLIN = "Europe/Berlin"


def at(minutes: float) -> datetime:
    """So many minutes after the beginning, 09:00 UTC."""
    return START + timedelta(minutes=minutes)


def a_way(
    *, published: float | None = -1, seen: float = 0, matched: float = 0, closed: float = 2, taken: float | None = 3,
    kind: DigestKind = DigestKind.NOW, slot: str = "",
) -> Way:  # fmt: skip
    """A telling, its moments in minutes after the beginning."""
    return Way(
        topic=NOW.key,
        channel=ChannelName("desk"),
        digest_id=DigestId(1),
        kind=kind,
        slot=slot,
        published_at=None if published is None else at(published),
        seen_at=at(seen),
        matched_at=at(matched),
        closed_at=at(closed),
        taken_at=None if taken is None else at(taken),
        is_dropped=False,
        feed_id=FeedId(1),
    )


NOW: Topic = replace(a_topic(), schedule=parse_schedule("now", BERLIN), target_s=900)
HOURLY = replace(NOW, schedule=parse_schedule("every 1h", BERLIN))


@pytest.mark.parametrize(
    ("way", "met", "step"),
    [
        (a_way(taken=15), True, Step.CHANNEL),
        (a_way(taken=16), False, Step.CHANNEL),
        (a_way(matched=12, closed=14, taken=16), False, Step.MATCH),
        (a_way(closed=20, taken=21), False, Step.DIGEST),
        (a_way(taken=None), False, Step.CHANNEL),  # it still waits, after an hour
        (a_way(published=-600, taken=4), True, Step.DIGEST),  # an old article is not our delay
        (a_way(kind=DigestKind.BREAKING, taken=16), False, Step.CHANNEL),
    ],
)
def test_what_is_told_at_once_is_judged_from_when_it_was_seen(way: Way, met: bool, step: Step) -> None:
    """Until the channel took it, by the step that took longest."""
    judged = judge(NOW, way, at(60))
    assert judged is not None
    assert (judged.is_met, judged.step) == (met, step)


def test_a_scheduled_topic_is_judged_from_its_slot() -> None:
    """However long the article waited for it."""
    slot = slot_label(HOURLY.schedule, at(60))
    on_time = a_way(seen=0, closed=60.1, taken=61, kind=DigestKind.SCHEDULED, slot=slot)
    late = replace(on_time, closed_at=at(60.1), taken_at=at(90))
    asleep = replace(on_time, kind=DigestKind.CATCH_UP, closed_at=at(85), taken_at=at(86))
    judged = [judge(HOURLY, way, at(100)) for way in (on_time, late, asleep)]
    assert [(one.is_met, one.step) for one in judged if one is not None] == [
        (True, Step.CHANNEL),
        (False, Step.CHANNEL),
        (False, Step.DIGEST),
    ]


def test_quiet_hours_do_not_count() -> None:
    """What came at night is measured from their end; breaking news that overrides them is not."""
    quiet = replace(NOW, quiet_hours=parse_quiet_hours("09:30-11:00"))  # until 10:00 UTC, the 60th minute
    told = a_way(seen=0, closed=61, taken=62)
    judged = judge(quiet, told, at(70))
    assert judged is not None
    assert (judged.is_met, judged.took) == (True, timedelta(minutes=2))
    loud = replace(quiet, breaking_overrides_quiet=True)
    judged = judge(loud, replace(told, kind=DigestKind.BREAKING), at(70))
    assert judged is not None
    assert not judged.is_met


def test_what_cannot_be_judged_is_not() -> None:
    """Under way in time, dropped by a person, of a slot that cannot be read, or of a topic without a target."""
    assert judge(NOW, a_way(taken=None), at(10)) is None
    assert judge(NOW, replace(a_way(), is_dropped=True), at(10)) is None
    assert judge(HOURLY, a_way(kind=DigestKind.SCHEDULED, slot="odd"), at(10)) is None
    assert judge(replace(NOW, target_s=None), a_way(), at(10)) is None


def test_the_operator_hears_of_a_bad_day_with_the_step_that_lost_the_time() -> None:
    """One of ten may be late. A bad day of last week is shown in the share alone."""
    good, late = a_way(), a_way(taken=40)
    assert not sum_up(NOW, [*[good] * 9, late], {}, at(60)).is_missed
    standing = sum_up(NOW, [*[good] * 8, late, late], {}, at(60))
    assert (standing.told, standing.met, standing.share, standing.worst) == (10, 8, 0.8, timedelta(minutes=40))
    assert standing.is_missed
    need = need_of(standing)
    assert need.kind == "topic-late"
    assert "target of 15 min: 2 of 10 tellings in 24 hours, most time lost by the channel" in need.head
    assert "monitor outbox list" in need.remedy

    later = sum_up(NOW, [late, late], {}, at(60) + timedelta(days=2))
    assert (later.share, later.is_missed) == (0.0, False)
    assert not sum_up(NOW, [], {}, at(60)).is_missed


@pytest.mark.parametrize(("interval", "step"), [(60, Step.INTERVAL), (5, Step.FEED)])
def test_what_came_before_we_saw_it_is_said_too(interval: int, step: Step) -> None:
    """Whether the feed showed it late or nobody looked."""
    standing = sum_up(NOW, [a_way(published=-40, taken=30)], {FeedId(1): timedelta(minutes=interval)}, at(60))
    assert standing.before_by is step
    assert "seen 40 min after their dates" in need_of(standing).head


@pytest.mark.parametrize("text", ["every 1h", "daily 02:30", "mon,thu 07:30"])
def test_a_slot_is_read_back_from_its_label(text: str) -> None:
    """On the odd days of the year too: an hour that comes twice, and one that is left out."""
    schedule = parse_schedule(text, BERLIN)
    for start in (
        START,
        datetime(2026, 3, 28, 20, tzinfo=START.tzinfo),
        datetime(2026, 10, 24, 20, tzinfo=START.tzinfo),
    ):
        from_slots = start
        for _ in range(12):
            from_slots = next_slot_at(schedule, from_slots)
            assert slot_at(slot_label(schedule, from_slots)) == from_slots
    assert slot_at("breaking:12") is None


def test_the_way_of_a_telling_is_read_from_what_is_stored(store: Store) -> None:
    """On both databases: seen, closed, taken by the channel; and what still waits."""
    clock, desk = FakeClock(), RecordingChannel()
    context = a_context([NOW])
    watch(store, [NOW])
    [feed] = with_baseline(store, context)
    entry = an_entry(5, at=at(-3))
    ingest(store, [a_visit(feed, [entry], now=at(0))], context, at(0))
    clock.forward(minutes=4)
    [closed] = close_due(store, digest_context([NOW], desk), clock.now())
    assert closed.told == {"desk": 1}
    assert closed.lateness_s == pytest.approx(120)  # two minutes to settle, two more until anybody looked

    clock.forward(minutes=16)
    with store.read() as tx:
        [waiting] = read_targets(tx, [NOW], clock.now())
    assert (waiting.told, waiting.met, waiting.lost_by) == (1, 0, Step.CHANNEL)

    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    sent = sender.deliver_due(desk, SendRules())
    with store.read() as tx:
        [way] = tx.target_views.told_since(NOW.key, at(-60))
        assert tx.target_views.told_by(way.digest_id, way.channel, but=sent[0].delivery.id) == [way]
        assert tx.target_views.told_by(way.digest_id, way.channel, but=0) == []  # type: ignore[arg-type]  # no such one
    assert (way.published_at, way.seen_at, way.closed_at, way.taken_at) == (at(-3), at(0), at(4), at(20))

    looking = TargetWatch()
    [need] = looking.find(store, [NOW], clock.now())
    assert looking.find(store, [], clock.now()) == [need]  # asked again only after a while
    assert looking.find(store, [NOW], clock.forward(days=2)) == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('schedule = "now"\ntarget = "2m"', "`target` is no longer than `settle`"),
        ('target = "30s"', "target"),
        ('target = "2d"', "target"),
        ("target = 900", "target"),
    ],
)
def test_a_target_that_cannot_be_kept_is_refused(tmp_path: Path, lines: str, fault: str) -> None:
    """With its line; what a schedule allows is taken."""
    folder = write_folder(tmp_path, watchlist=f'[topics.floods]\nname = "Floods"\n{lines}\n')
    with pytest.raises(ConfigFaults) as caught:
        load(folder, {})
    [problem] = caught.value.problems
    assert fault in str(problem)
    assert "watchlist.toml:" in str(problem)
    good = write_folder(tmp_path, watchlist='[topics.floods]\nname = "Floods"\ntarget = "15m"\n')
    assert load(good, {}).watchlist.topics[0].target_s == 900
