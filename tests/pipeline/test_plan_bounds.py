"""A plan that must answer at once looks at the newest articles alone, and then says the same of a shorter time."""

import random
from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.model import TopicKey
from monitor.pipeline import plan as planning
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.plan import plan_change
from monitor.storage.store import Store
from tests.pipeline.test_plan import (
    NOW,
    WORDS,
    a_topic,
    a_watchlist,
    an_edit,
    give_page,
    keep,
    some_topics,
    titled,
)


@pytest.mark.parametrize("seed", range(4))
def test_bounds_that_are_not_met_change_nothing(store: Store, seed: int) -> None:
    """Looked for by the index alone, the same is found."""
    chance = random.Random(seed)
    keep(store, titled(*(" ".join(chance.choices(WORDS, k=4)) for _ in range(120))))
    for number in chance.sample(range(1, 121), 20):
        give_page(store, number, " ".join(chance.choices(WORDS, k=12)))
    if seed:
        Indexer(store).catch_up(portions=50)
        give_page(store, 7, "hostages talks")
    topics = some_topics(chance)
    old, new = a_watchlist(*topics), a_watchlist(*an_edit(chance, topics))
    assert plan_change(store, old, new, NOW, judged_max=1_000) == plan_change(store, old, new, NOW)


def test_the_newest_are_judged_and_the_time_is_that_of_them(store: Store) -> None:
    """Forty articles of three hours each: of the last ten, a day and a quarter."""
    keep(store, titled(*(["hostage talks", "rain"] * 20)))
    Indexer(store).catch_up(portions=50)
    old, new = a_watchlist(a_topic("a", "ship seized")), a_watchlist(a_topic("b", "hostage talks"))
    plan = plan_change(store, old, new, NOW, judged_max=5)
    assert (plan.is_cut, plan.judged, plan.articles) == (True, 5, 10)
    assert plan.since == NOW - timedelta(hours=30)
    assert plan.added == 5
    shorter = plan_change(store, old, new, NOW, plan.since)
    assert replace(plan, is_cut=False) == shorter


def test_what_comes_late_is_judged_over_half_of_what_was_done(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted from nothing again."""
    monkeypatch.setattr(planning, "TOLD_EVERY", 2)
    monkeypatch.setattr(planning, "JUDGED_MIN", 1)
    keep(store, titled(*(["hostage talks"] * 12)))
    looks = iter([False, False, False, True])
    old, new = a_watchlist(a_topic("a", "ship seized")), a_watchlist(a_topic("b", "hostage talks"))
    plan = plan_change(store, old, new, NOW, judged_max=100, is_late=lambda: next(looks))
    assert (plan.judged, plan.added, plan.is_cut) == (4, 4, True)
    assert [one.key for one in plan.topics] == [TopicKey("b"), TopicKey("a")]
