"""Names seen by how often their words are there: never another answer than judging them gives."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Level, Match, NoMatch, Watchlist
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, find_answered, judge_article, match_article
from monitor.topics.meaning import EMPTY_LEXICON
from tests.topics.articles import article, topic

NAMES = (
    "hostage negotiations", "kidnap talks", "captive release talks", "Angola ceasefire violations", "hostages",
    "cease-fire talks", "U.S. hostage talks", "prison riot hostage negotiations failed", "COVID-19 vaccine trial",
)  # fmt: skip
SAID = (
    "hostage", "hostages", "captives", "negotiations", "talks", "dialogue", "kidnapped", "abducted", "release", "freed",
    "Angola", "ceasefire", "cease-fire", "truce", "violations", "breach", "U.S.", "prison", "riot", "failed", "vaccine",
    "COVID-19", "covid19", "trial", "the", "harbour", "and",
)  # fmt: skip
"""Words of the names, words that are related to them, and others."""
TOPICS = tuple(topic(name, level=level) for level in Level for name in NAMES)
TOPICS += (topic("several", also=("truce talks", "prison riot")), topic("less", also=NAMES[:2], exclude="Angola"))
WITH_LEXICON = compile_watchlist(Watchlist(TOPICS), load_lexicon())
WITHOUT = compile_watchlist(Watchlist(TOPICS), EMPTY_LEXICON)
TITLES = st.lists(st.sampled_from(SAID), max_size=5).map(" ".join)
TEXTS = st.lists(st.sampled_from(SAID) | st.sampled_from([f"{word} " * 12 for word in ("other", "talks")]), max_size=30)


@given(st.sampled_from([WITH_LEXICON, WITHOUT]), TITLES, TEXTS.map(" ".join))
def test_what_is_plain_is_so(compiled: CompiledWatchlist, title: str, text: str) -> None:
    """Deciding alone, and telling matches and near misses, answer as judging every name in full does."""
    known = article(title, text)
    every = judge_article(compiled, known)
    matches = [one for one in every if isinstance(one, Match)]
    assert find_answered(compiled, known) == [one.topic for one in matches]
    assert match_article(compiled, known) == (matches, [one for one in every if isinstance(one, NoMatch) and one.near])


def test_a_rare_name_of_one_word_more_does_not_decide_alone() -> None:
    """One word of a name of three weighs enough by itself where it is said often; two have to be there."""
    compiled = compile_watchlist(Watchlist((topic("Angola ceasefire violations", level=Level.BROAD),)), load_lexicon())
    assert find_answered(compiled, article("Angola", "Angola " * 9)) == []
    assert find_answered(compiled, article("Angola", "Angola violations " * 9)) == ["Angola ceasefire violations"]
