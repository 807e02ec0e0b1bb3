"""Every yes and no can be read by a person who does not know how matching works."""

from monitor.model import Level
from monitor.topics.explain import explain
from monitor.topics.match import judge_article
from tests.topics.articles import article, compiled, topic


def told(known: str, **more: str) -> str:
    """What is said of one text under one topic."""
    (judged,) = judge_article(compiled(topic("Hostage negotiations", **more)), article("", known))  # type: ignore[arg-type]  # only query
    return explain(judged)


def test_a_match_tells_words_counts_and_roads() -> None:
    """The reader sees which of the article's own words made it a match."""
    said = told("Hostages and a hostage. The hostages were negotiated for; negotiations go on.")
    assert said.startswith("Match, score ")
    assert (
        "of 100 at level balanced: hostage, by its stem: hostages 2 times, hostage (45 points); "
        "negotiations, by its stem: negotiated, negotiations (43 points)."
    ) in said


def test_a_miss_tells_what_was_missing_and_whether_it_was_close() -> None:
    """Why an article was not in the digest has an answer."""
    assert told("Hostages came home") == 'No match: "negotiations" is not there.'
    assert told("Hostages. " + "word " * 40 + "negotiations").endswith("never nearer than 41 words. It came close.")


def test_many_forms_are_counted_not_listed() -> None:
    """A wildcard that finds a hundred words stays one line."""
    said = told(" ".join(f"kidnap{n}" for n in range(9)), query="kidnap*")
    assert said.endswith("and 3 more (96 points).")


def test_the_title_is_mentioned() -> None:
    """A headline that says it is the strongest reason there is."""
    (judged,) = judge_article(compiled(topic("talks", level=Level.STRICT)), article("Talks", ""))
    assert explain(judged).endswith("talks: talks (87 points). The title has it.")
