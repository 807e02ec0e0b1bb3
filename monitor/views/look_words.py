"""Second looks in words and as a record, for `explain`.

Effects: none.
"""

from monitor.digests.second_look import LOOKS_AFTER, OPEN_STATES, LookState
from monitor.storage.second_looks import StoredLook
from monitor.views.moments import Moments
from monitor.views.records import format_time


def look_words(look: StoredLook, moments: Moments) -> str:
    """How far the looks at an article's page are, and what they found; one line."""
    parts = [f"second look: {look.looks} of {len(LOOKS_AFTER)} made"]
    if look.state is LookState.WITHDRAWN:
        parts = ["second look: its page is gone; who was told was told so"]
    elif look.state is LookState.DOUBTED:
        parts.append("its page was not there when it was last asked for")
    if look.noted_title:
        parts.append(f"its headline became “{look.noted_title}”")
    if look.state in OPEN_STATES:
        parts.append(f"next {moments.say(look.next_at)}")
    if look.reason and look.state is not LookState.WITHDRAWN:
        parts.append(f"the last saw nothing certain: {look.reason}")
    return ", ".join(parts)


def look_record(look: StoredLook) -> dict[str, object]:
    """The same for `--json`."""
    return {
        "state": look.state.value,
        "made": look.looks,
        "told_at": format_time(look.told_at),
        "next_at": format_time(look.next_at) if look.state in OPEN_STATES else None,
        "headline": look.noted_title or None,
        "reason": look.reason or None,
    }
