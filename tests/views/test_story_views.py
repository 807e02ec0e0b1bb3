"""Stories in order, and one of them on a time line."""

from datetime import timedelta

import pytest

from monitor.errors import MonitorError
from monitor.storage.store import Store
from monitor.views.plot_story import LANES_MAX, MARKS_MAX, Point, draw_time_line
from monitor.views.stories import Show, list_page
from tests.fakes.clock import START
from tests.pipeline.given import (
    HOSTAGES,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    claim_again,
    ingest,
    watch,
    with_baseline,
)


def a_point(lane: str, minutes: int, shape: str = "report") -> Point:
    """An article of a publisher, so long after the first."""
    return Point(lane, lane.title(), START + timedelta(minutes=minutes), shape, "said")


def test_each_publisher_has_a_lane_in_the_order_they_came() -> None:
    """Marks stand by their time within the width; ticks are round hours of the reader."""
    plot = draw_time_line([a_point("late", 90), a_point("early", 0, "first"), a_point("early", 180)])
    assert [lane.name for lane in plot.lanes] == ["Early", "Late"]
    assert [mark.x for mark in plot.lanes[0].marks] == [2, 98]
    assert plot.lanes[1].marks[0].x == 50
    assert all(tick.at.minute == 0 and 2 <= tick.x <= 98 for tick in plot.ticks)
    assert 2 <= len(plot.ticks) <= 6
    assert plot.height > plot.lanes[-1].y


def test_a_story_of_many_is_drawn_within_bounds() -> None:
    """Lanes and marks have their most, and what is left out is counted; one moment is a drawing too."""
    many = draw_time_line([a_point(f"p{n}", n) for n in range(LANES_MAX + 5)])
    assert (len(many.lanes), many.others) == (LANES_MAX, 5)
    busy = draw_time_line([a_point("one", n) for n in range(MARKS_MAX + 3)])
    assert (len(busy.lanes[0].marks), busy.lanes[0].more) == (MARKS_MAX, 3)
    assert draw_time_line([a_point("one", 0)]).lanes[0].marks[0].x == 2
    assert draw_time_line([]).lanes == ()
    years = draw_time_line([a_point("one", 0), a_point("one", 3 * 365 * 24 * 60)])
    assert len(years.ticks) <= 10


def test_stories_come_a_page_at_a_time(store: Store) -> None:
    """On both databases: every kind whole, none twice, whatever the size of a page."""
    topics = [a_topic()]
    watch(store, topics)
    context = a_context(topics)
    with_baseline(store, context)
    for step in range(9):
        now = START + timedelta(hours=step)
        [feed] = claim_again(store, now)
        about = "hostage" if step % 3 else "harvest"
        ingest(store, [a_visit(feed, [an_entry(step, about=about, at=now)], now=now, body=b"%d" % step)], context, now)
    found: dict[Show, list[int]] = {}
    for show in Show:
        after, ids = None, []
        for _ in range(20):
            page = list_page(store, show, HOSTAGES if show is Show.UNTOLD else None, after, 2)
            ids += [int(line.outline.story.id) for line in page.lines]
            after = page.next
            if after is None:
                break
        assert len(ids) == len(set(ids))
        found[show] = ids
    assert len(found[Show.ALL]) == 10
    assert len(found[Show.MATCHED]) == 6
    assert found[Show.UNTOLD] == found[Show.MATCHED] == sorted(found[Show.MATCHED], reverse=True)
    assert found[Show.TOLD] == []
    for bad in ("x", "~1", "2026-01-01~1", "2026-01-01T00:00:00+00:00~x"):
        with pytest.raises(MonitorError, match="no place in this list"):
            list_page(store, Show.ALL, None, bad, 2)
