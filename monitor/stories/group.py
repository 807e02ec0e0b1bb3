"""Which story an article belongs to: as a copy of an article we have, as a report of its event, or as a new one.

A wrongly silenced article is the worst that can happen here, so a copy needs the same page, or nearly the same text
with nothing that speaks against it. A report needs less and stays visible; what is weaker stays its own story.

Effects: none.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from monitor.model import ArticleId, FeedId, Relation, StoryChoice, StoryId
from monitor.model.ids import NO_FEED
from monitor.stories.guards import names_disagree, numbers_disagree
from monitor.stories.series import SERIES_GAP_S
from monitor.stories.similarity import Print, containment, cosine

COPY_WINDOW_S = 7 * 86_400
"""A text printed again later is told again: somebody thinks it is news."""
REPORT_WINDOW_S = 72 * 3_600
"""An event of which nobody wrote for three days is over."""

FEW_WORDS = 15
SOME_WORDS = 30
MANY_WORDS = 50
"""Different words of the shorter article: the fewer there are, the more alike two must be."""
COPY_FEW, COPY_SOME, COPY_MANY = 0.80, 0.60, 0.55
STORY_SOME, STORY_MANY, STORY_LONG = 0.55, 0.35, 0.25
TEXT_COPY = 0.55
"""Part of the shorter text that stands in the other word for word: outlets cut and top a wire text, and rarely rewrite
it."""
HEADLINE_TEXT_COPY = 0.10
"""Part of the text that is enough under one headline: less, and another outlet wrote its own text below it."""
HEADLINE_TERMS_MIN = 5
"""A shorter headline is a label: Live updates, Morning briefing."""
QUOTED_RUNS_MIN = 4
"""Six words in a row of one's headline in the other's text are no chance."""
CUT_RUNS_MIN = 3
OWN_TEXT = 0.15
"""Where two texts of more than thirty different words share so few runs of three, somebody wrote another text."""
WHOLE_TEXT = 1.0
"""Where the whole of one text stands in the other, its numbers and names do."""
PUBLISHER_COPY = 0.80
"""One publisher's look-alikes are follow-ups more often than prints."""
ONE_SENTENCE = 0.50
"""Part of the words of two headlines that is shared, from which on they say the same of the same, or its opposite. Two
copies of one publisher must share it: it puts one teaser under several headlines."""
PUBLISHER_STORY = 0.60
QUIET = 0.50
"""From here on a report of another outlet is counted and not shown."""
SERIES_COPY = 0.95
SERIES_RUNS_MIN = 40
"""A recurring headline is a print only over 42 words that are as good as identical: columns have standing texts."""
COVER_MIN = 0.25
"""How much of either headline must stand in the other article: one consent notice under two headlines is no copy."""
TELLING_MIN = 64
"""A quarter of an article's heaviest word: lighter ones are in, off and near."""
NEAR_MIN = 0.20
"""Less alike is not worth a word to a person."""

Forbids = Callable[[FeedId, FeedId], bool]
"""Whether a person wants no article of the one feed in a story with one of the other."""


def forbids_none(_one: FeedId, _other: FeedId) -> bool:
    """What holds where nobody said so."""
    return False


class Arrival(Struct, frozen=True):
    """An article that looks for its story."""

    article_id: ArticleId
    feed_id: FeedId
    publisher: str
    """By registrable domain, or the outlet's name."""
    at_s: int
    """When it was published, never later than it was seen; seconds since 1970."""
    language: str
    """Two letters; empty where neither entry nor feed says."""
    is_recurring: bool
    """Whether its feed had the same headline half a day or more before."""
    print_: Print


class Placed(Struct, frozen=True):
    """An article that has its story."""

    arrival: Arrival
    story_id: StoryId
    text_id: ArticleId
    """The first article of the same text: its own id unless it is a copy."""


class _Pair(Struct, frozen=True):
    """Two articles, how alike they are, and what they are to each other."""

    other: Placed
    alike: float
    """By weighed words."""
    text: float
    """Part of the shorter text that stands in the other."""
    is_headline: bool = False
    """Whether they have one headline, or one's headline stands in the other's text."""
    is_cut: bool = False
    """Whether that is so only as far as a headline that is cut off goes."""
    is_own: bool = False
    """Whether one publisher has both."""
    gap_s: int = 0
    """Between the two, in seconds."""
    words: int = 0
    """Different words of the shorter article."""
    relation: Relation = Relation.NEW
    is_quiet: bool = False
    veto: str = ""

    @property
    def score(self) -> float:
        return max(self.alike, self.text)

    @property
    def rank(self) -> tuple[float, int]:
        return self.score, -self.other.arrival.article_id  # of two equals the older: it is nearer to the original


def assign_story(arrival: Arrival, candidates: Iterable[Placed], forbids: Forbids) -> StoryChoice:
    """Which story an article joins, and the reason in words.

    The same page first, then the most alike copy, then the most alike report; a new story where nothing is alike
    enough. Only what lies within the windows counts, and a guard's veto is never outvoted. The same candidates in
    whatever order give the same choice.
    """
    others = [other for other in candidates if not forbids(arrival.feed_id, other.arrival.feed_id)]
    pages = [other for other in others if _is_same_page(arrival, other)]
    if pages:
        first = min(pages, key=lambda other: other.arrival.article_id)
        return _choose(_Pair(first, 1.0, 0.0, relation=Relation.COPY), "the same page")
    best: dict[Relation, _Pair] = {}
    for other in others:
        pair = _compare(arrival, other)
        if pair is not None and (pair.relation not in best or pair.rank > best[pair.relation].rank):
            best[pair.relation] = pair
    for relation in (Relation.COPY, Relation.REPORT):
        if relation in best:
            return _choose(best[relation], _words(best[relation]), arrival)
    nearest = best.get(Relation.NEW)
    if nearest is None:
        return StoryChoice(Relation.NEW, None)
    why = f"but {nearest.veto}" if nearest.veto else _too_little(nearest)
    return StoryChoice(
        Relation.NEW, None, evidence=_words(nearest), verdict=why, compared=nearest.other.arrival.article_id
    )


def _choose(pair: _Pair, words: str, arrival: Arrival | None = None) -> StoryChoice:
    other = pair.other
    verdict = f"but {pair.veto}: no copy" if pair.veto else ""
    if arrival is not None and not verdict and arrival.print_.said.numbers & other.arrival.print_.said.numbers:
        verdict = "numbers agree"
    return StoryChoice(
        pair.relation,
        other.story_id,
        other.arrival.article_id,
        evidence=words,
        verdict=verdict,
        quiet=pair.is_quiet,
        text_id=other.text_id if pair.relation is Relation.COPY else None,
        compared=other.arrival.article_id,
    )


def _too_little(pair: _Pair) -> str:
    """What more is asked of two articles that are not alike enough."""
    if pair.words < HEADLINE_TERMS_MIN:
        return "too few words to be one"
    if pair.gap_s > REPORT_WINDOW_S:
        return "after three days only a copy belongs to it"
    asked = PUBLISHER_STORY if pair.is_own else _asked_of_report(pair)
    whose = "one publisher's articles" if pair.is_own else "articles of so many words"
    return f"too little to be one: {asked:.0%} is asked of {whose}"


def tell_choice(choice: StoryChoice, title: str) -> str:
    """The reason of a choice in words, with the title of the article that decided it; empty where none was near."""
    if not choice.evidence:
        return ""
    words = f'{choice.evidence} as "{title}"' if title else choice.evidence
    return f"{words}; {choice.verdict}" if choice.verdict else words


def _words(pair: _Pair) -> str:
    words = f"{pair.alike:.0%} alike in telling words"
    if pair.text >= NEAR_MIN:
        words += f", {pair.text:.0%} of the text the same"
    return words + (", one headline" if pair.is_headline else "")


def _is_same_page(a: Arrival, other: Placed) -> bool:
    """Whether both links lead to one page. Of an address that may be a section, something must be alike; so it must in
    one and the same feed, where identity knew the page and found another article under it.
    """
    b = other.arrival
    if a.print_.url_key is None or a.print_.url_key != b.print_.url_key:
        return False
    is_other_feed = a.feed_id != b.feed_id or a.feed_id == NO_FEED
    return (a.print_.is_page and is_other_feed) or not _nothing_covered(a.print_, b.print_)


def _compare(arrival: Arrival, other: Placed) -> _Pair | None:
    """What two articles are to each other; None where they are hardly alike, or too far apart in time."""
    a, b = arrival, other.arrival
    gap_s = abs(a.at_s - b.at_s)
    if gap_s > COPY_WINDOW_S:
        return None
    alike = cosine(a.print_, b.print_)
    is_same = a.print_.headline_key == b.print_.headline_key
    if alike < NEAR_MIN and not is_same:
        return None
    is_headline = _is_one_headline(a.print_, b.print_, is_same)
    pair = _Pair(
        other,
        alike,
        containment(a.print_.said, b.print_.said),
        is_headline=is_headline or _is_cut_off(a.print_, b.print_) or _is_cut_off(b.print_, a.print_),
        is_cut=not is_headline,
        is_own=bool(a.publisher) and a.publisher == b.publisher,
        words=min(a.print_.words, b.print_.words),
        gap_s=gap_s,
    )
    is_copy, is_report = _is_copy(pair, a, b), _is_report(pair, a, b, gap_s)
    if not is_copy and not is_report:
        return pair
    no_copy, no_story = _vetoes(pair, a, b, gap_s)
    if is_copy and not no_copy:
        return replace(pair, relation=Relation.COPY)
    if is_report and not no_story:
        is_quiet = alike >= QUIET and not no_copy and _are_apart(a, b) and pair.words > FEW_WORDS
        return replace(pair, relation=Relation.REPORT, is_quiet=is_quiet, veto=no_copy if is_copy else "")
    return replace(pair, veto=no_story if is_report else no_copy)


def _are_apart(a: Arrival, b: Arrival) -> bool:
    """Whether two articles came by two feeds from two publishers, as far as those are known."""
    return a.feed_id != b.feed_id and (not a.publisher or a.publisher != b.publisher)


def _is_one_headline(a: Print, b: Print, is_same: bool) -> bool:
    """Whether two articles have one headline, or one's headline is a sentence of the other."""
    if is_same and min(len(a.said.headline), len(b.said.headline)) >= HEADLINE_TERMS_MIN:
        return True
    return _is_quoted(a, b) or _is_quoted(b, a)


def _is_quoted(a: Print, b: Print) -> bool:
    return len(a.said.headline_runs) >= QUOTED_RUNS_MIN and a.said.headline_runs <= b.said.runs


def _is_cut_off(a: Print, b: Print) -> bool:
    runs = a.said.headline_runs
    # All of it: "He says he will impose …" is not the beginning of "He says he will meet".
    return a.is_cut and len(runs) >= CUT_RUNS_MIN and runs <= b.said.headline_runs


def _is_copy(pair: _Pair, a: Arrival, b: Arrival) -> bool:
    has_texts = not a.print_.said.is_headline_only and not b.print_.said.is_headline_only
    if pair.is_own:
        is_text = not has_texts or pair.text >= OWN_TEXT
        return is_text and pair.score >= PUBLISHER_COPY and _shared_headline(a.print_, b.print_) >= ONE_SENTENCE
    if pair.words < HEADLINE_TERMS_MIN:
        return False
    if pair.is_headline and (pair.text >= HEADLINE_TEXT_COPY or (not has_texts and not pair.is_cut)):
        return True
    if has_texts and pair.text < OWN_TEXT and pair.words > SOME_WORDS:
        return False
    enough = COPY_FEW if pair.words <= FEW_WORDS else COPY_SOME if pair.words <= SOME_WORDS else COPY_MANY
    return pair.alike >= enough or pair.text >= TEXT_COPY


def _shared_headline(a: Print, b: Print) -> float:
    one, other = a.said.headline, b.said.headline
    return len(one & other) / max(1, len(one | other))


def _is_report(pair: _Pair, a: Arrival, b: Arrival, gap_s: int) -> bool:
    if gap_s > REPORT_WINDOW_S or pair.words < HEADLINE_TERMS_MIN:
        return False
    if pair.is_own:
        return pair.alike >= PUBLISHER_STORY
    return pair.is_headline or pair.alike >= _asked_of_report(pair)


def _asked_of_report(pair: _Pair) -> float:
    if pair.words <= SOME_WORDS:
        return STORY_SOME
    return STORY_MANY if pair.words <= MANY_WORDS else STORY_LONG


def _vetoes(pair: _Pair, a: Arrival, b: Arrival, gap_s: int) -> tuple[str, str]:
    """What speaks against the two being copies, and against one story; in words, empty where nothing does."""
    one, other = a.print_, b.print_
    if _nothing_covered(one, other):
        return ("the headlines have nothing to do with each other",) * 2
    if (a.is_recurring or b.is_recurring) and gap_s >= SERIES_GAP_S:
        why = "it is a recurring headline"
        return "" if _is_reprint(pair, one, other) else why, why
    is_whole = pair.text >= WHOLE_TEXT and not a.is_recurring and not b.is_recurring
    left, right = one.said, other.said
    if not is_whole and names_disagree(left.names, one.terms, right.names, other.terms):
        return ("the names differ",) * 2
    foreign = "they are in two languages" if a.language and b.language and a.language != b.language else ""
    numbers = left.headline_numbers, right.headline_numbers, left.numbers, right.numbers
    if not is_whole and numbers_disagree(*numbers):
        return "the numbers differ", foreign or _other_filling(one, other)
    if one.direction * other.direction < 0:
        why = "one headline rises, the other falls"
        return why, foreign or (why if _shared_headline(one, other) >= ONE_SENTENCE else "")
    return _turned(one, other, is_whole=is_whole), foreign


def _turned(a: Print, b: Print, *, is_whole: bool) -> str:
    """What speaks against copies under nearly one headline: that one says no, or that each says what the other article
    does not. Hostages freed is not hostages killed, whatever the rest of the text.
    """
    if a.headline_key == b.headline_key or _shared_headline(a, b) < ONE_SENTENCE:
        return ""
    if a.is_negated != b.is_negated:
        return "one headline says no"
    if not is_whole and _says_more(a, b) and _says_more(b, a):
        return "each headline says what the other article does not"
    return ""


def _says_more(a: Print, b: Print) -> bool:
    """Whether a telling word of the one headline is nowhere in the other article."""
    return any(a.weights.get(term, 0) >= TELLING_MIN for term in a.said.headline - b.terms)


def _other_filling(a: Print, b: Print) -> str:
    """What speaks against one story where the numbers differ: that each headline's most telling word is missing in the
    other article. Such are a firm's and the next firm's results, one quake and the other, in one sentence pattern.
    """
    if not a.said.headline or not b.said.headline:
        return ""
    if _top_word(a) in b.terms or _top_word(b) in a.terms:
        return ""
    return "the numbers differ, and so does what the headlines are about"


def _top_word(mark: Print) -> int:
    return max(mark.said.headline, key=lambda term: (mark.weights.get(term, 0), term))


def _is_reprint(pair: _Pair, a: Print, b: Print) -> bool:
    """Whether a recurring headline stands over the very text again: as good as identical, all numbers the same."""
    is_long = min(len(a.said.runs), len(b.said.runs)) >= SERIES_RUNS_MIN
    return is_long and pair.score >= SERIES_COPY and a.said.numbers == b.said.numbers


def _nothing_covered(a: Print, b: Print) -> bool:
    """Whether hardly anything of either headline stands in the other article, by weight of its words."""
    if not a.said.headline or not b.said.headline:
        return False
    return max(_cover(a, b), _cover(b, a)) < COVER_MIN


def _cover(a: Print, b: Print) -> float:
    headline, weight_of = a.said.headline, a.weights.get
    there = sum([weight_of(term, 1) for term in headline & b.terms])
    return there / sum([weight_of(term, 1) for term in headline])
