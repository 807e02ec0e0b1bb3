"""Say in words why an article did or did not match.

Effects: none.
"""

from collections.abc import Mapping

from monitor.model import Evidence, Match, NoMatch, Via
from monitor.text import plural

WORDS_SHOWN_MAX = 6
"""Different words told per concept."""


def explain(judged: Match | NoMatch) -> str:
    """One or two sentences a reader understands without knowing how matching works."""
    if isinstance(judged, NoMatch):
        close = " It came close." if judged.near else ""
        return f"No match: {judged.reason}.{close}"
    told = "; ".join(describe_evidence(evidence) for evidence in judged.evidence)
    title = " The title has it." if judged.title_hit else ""
    return f"Match, score {judged.score} of 100 at level {judged.level}{describe_learned(judged)}: {told}.{title}"


def describe_learned(match: Match) -> str:
    """How marks moved its score: ` (34 by its words, +7 learned: doha +4, mediators +3)`; empty where they did not."""
    if not match.learned:
        return ""
    moved = sum(word.points or 0 for word in match.learned)
    words = ", ".join(f"{word.concept} {word.points or 0:+}" for word in match.learned)
    return f" ({match.score - moved} by its words, {moved:+} learned: {words})"


def describe_evidence(evidence: Evidence) -> str:
    """One concept: `negotiations, by its stem: negotiation 3 times, negotiate (20 points)`."""
    roads = {
        Via.EXACT: "",
        Via.STEM: ", by its stem",
        Via.SYNONYM: ", by related words",
        Via.NEAR: ", near the others",
        Via.MEANING: "",  # it says so itself
    }
    found = describe_found(evidence.found)
    points = "" if evidence.points is None else f" ({plural(evidence.points, 'point')})"
    return f"{evidence.concept}{roads[evidence.via]}" + (f": {found}" if found else "") + points


def describe_found(found: Mapping[str, int]) -> str:
    """The words found, the most frequent first: `hostages 18 times, hostage 4 times`."""
    told = [word if count == 1 else f"{word} {count} times" for word, count in list(found.items())[:WORDS_SHOWN_MAX]]
    more = len(found) - len(told)
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")
