"""What would come of a text that somebody types: its faults with their lines, or its plan.

Effects: database.
"""

from dataclasses import dataclass

from monitor.config.draft import WATCHLIST
from monitor.config.faults import Problem
from monitor.pipeline.plan import SINCE
from monitor.pipeline.planned import Plan
from monitor.topics.compare import compare_topics
from monitor.views.watchlist import FAULTS_SHOWN, draft_of, text_of
from monitor.web.desk import Desk
from monitor.web.planner import BUDGET_S, Overtaken

QUOTED_CHARS_MAX = 200
LOOK_BUDGET_S = 0.4
"""Time for the plan of a page that is opened with a proposal, which is to be there within a second."""
DAYS = SINCE.days


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and the line it stands in."""

    line: int
    """Counts from 1; 0 where it has none."""
    message: str
    quoted: str
    """The line itself, as it was typed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Faults, or a plan, or that there is nothing to tell."""

    faults: tuple[Fault, ...] = ()
    more_faults: int = 0
    notes: tuple[str, ...] = ()
    """Examples that could not be tried."""
    is_same: bool = False
    """Whether the text is what is in force, to the byte."""
    touches_nothing: bool = False
    """Whether no topic differs: comments, order, layout."""
    plan: Plan | None = None
    is_busy: bool = False
    """Whether no plan was made because others were being made."""


def judge_text(desk: Desk, body: bytes, asker: str, *, budget_s: float = BUDGET_S) -> Outcome:
    """What would come of a watchlist.toml of this body. Raises Overtaken where its asker asked again meanwhile."""
    loaded = desk.force().loaded
    if body == loaded.bodies.get(WATCHLIST):
        return Outcome(is_same=True, notes=loaded.untried)
    draft = draft_of(desk.store, loaded, body)
    if draft.compiled is None:
        shown = faults_of(draft.problems, text_of(body))
        return Outcome(shown[:FAULTS_SHOWN], max(len(shown) - FAULTS_SHOWN, 0), draft.notes)
    if not compare_topics(loaded.compiled, draft.compiled):
        return Outcome(touches_nothing=True, notes=draft.notes)
    plan = desk.planner.plan(
        desk.store, loaded.compiled, draft.compiled, desk.clock, asker=asker, budget_s=budget_s
    )  # fmt: skip
    return Outcome(plan=plan, notes=draft.notes)


def look_at_text(desk: Desk, body: bytes, asker: str) -> Outcome:
    """The same for a page that is only opened: quicker, and never refused."""
    try:
        return judge_text(desk, body, f"{asker} looks", budget_s=LOOK_BUDGET_S)
    except Overtaken:
        return Outcome(is_busy=True)


def faults_of(problems: tuple[Problem, ...], text: str) -> tuple[Fault, ...]:
    """Faults with their lines quoted from the text in which they stand."""
    lines = text.split("\n")
    return tuple(
        Fault(
            one.line,
            f"{one.message[:1].upper()}{one.message[1:]}",
            lines[one.line - 1].strip()[:QUOTED_CHARS_MAX] if 0 < one.line <= len(lines) else "",
        )
        for one in problems
    )
