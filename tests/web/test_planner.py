"""One plan at a time, and the newest question of each person counts."""

import threading

import pytest

from monitor.config.draft import read_draft
from monitor.pipeline.plan import plan_change
from monitor.web import planner as planning
from monitor.web.planner import ASKERS_MAX, Overtaken, Planner
from tests.web.newsroom import Newsroom
from tests.web.test_watchlist import WIDER


def test_a_newer_question_of_the_same_person_ends_the_one_before(
    shown_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused as soon as it looks; another person's goes on after it."""
    app, planner = shown_newsroom.app, Planner()
    old = app.in_force.loaded.compiled
    new = read_draft(WIDER.encode(), app.in_force.loaded).compiled
    assert new is not None
    begun, go_on = threading.Event(), threading.Event()

    def slow(*args: object, **kwargs: object) -> object:
        begun.set()
        assert go_on.wait(20)
        return plan_change(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(planning, "plan_change", slow)
    outcomes: dict[str, object] = {}

    def ask(name: str, asker: str) -> None:
        try:
            outcomes[name] = planner.plan(app.store, old, new, shown_newsroom.clock, asker=asker)
        except Overtaken as error:
            outcomes[name] = error

    threads = [threading.Thread(target=ask, args=one) for one in (("first", "anna"), ("second", "anna"))]
    threads[0].start()
    assert begun.wait(20)
    planner.begin("anna")  # what the second one does first of all
    go_on.set()
    threads[0].join()
    threads[1].start()
    threads[1].join()
    ask("third", "ben")
    assert isinstance(outcomes["first"], Overtaken)
    assert not isinstance(outcomes["second"], Overtaken)
    assert outcomes["third"] == outcomes["second"]


def test_not_everybody_who_ever_asked_is_remembered() -> None:
    """The newest few are."""
    planner = Planner()
    for number in range(ASKERS_MAX * 2):
        planner.begin(f"web:{number}")
    assert planner.askers == ASKERS_MAX
