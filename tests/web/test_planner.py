"""One plan at a time, and the newest question of each person counts."""

import threading
from datetime import datetime

from monitor.clock import Clock
from monitor.config.draft import read_draft
from monitor.web.planner import ASKERS_MAX, Overtaken, Planner
from tests.fakes.clock import START, FakeClock
from tests.web.newsroom import Newsroom
from tests.web.test_watchlist import WIDER


class SlowClock(FakeClock):
    """Holds up who asks it for the time until it may go on."""

    def __init__(self) -> None:
        super().__init__(START)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def now(self) -> datetime:
        """The time, when it may."""
        self.begun.set()
        assert self.go_on.wait(20)
        return super().now()


def test_a_newer_question_of_the_same_person_ends_the_one_before(shown_newsroom: Newsroom) -> None:
    """It is refused as soon as it looks; another person's goes on after it."""
    app, planner, slow = shown_newsroom.app, Planner(), SlowClock()
    old = app.in_force.loaded.compiled
    new = read_draft(WIDER.encode(), app.in_force.loaded).compiled
    assert new is not None
    outcomes: dict[str, object] = {}

    def ask(name: str, asker: str, clock: Clock) -> None:
        try:
            outcomes[name] = planner.plan(app.store, old, new, clock, asker=asker)
        except Overtaken as error:
            outcomes[name] = error

    first = threading.Thread(target=ask, args=("first", "anna", slow))
    second = threading.Thread(target=ask, args=("second", "anna", shown_newsroom.clock))
    first.start()
    assert slow.begun.wait(20)
    planner.begin("anna")  # what the second one does first of all
    slow.go_on.set()
    first.join()
    second.start()
    second.join()
    ask("third", "ben", shown_newsroom.clock)
    assert isinstance(outcomes["first"], Overtaken)
    assert not isinstance(outcomes["second"], Overtaken)
    assert outcomes["third"] == outcomes["second"]


def test_not_everybody_who_ever_asked_is_remembered() -> None:
    """The newest few are."""
    planner = Planner()
    for number in range(ASKERS_MAX * 2):
        planner.begin(f"web:{number}")
    assert planner.askers == ASKERS_MAX
