"""Which topics an article answers, with the evidence; and which it nearly answers, with the reason.

Each article is read once for all topics, and only topics whose rarest words it holds are judged.

Effects: none.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.errors import ConfigError, QueryError
from monitor.model import Article, Evidence, LearnedWord, Level, Match, NoMatch, Topic, TopicKey, Watchlist
from monitor.text import shorten
from monitor.topics.anchors import Anchors, Pricing
from monitor.topics.concepts import Concept, Name, needed_node, read_name
from monitor.topics.evaluate import is_true
from monitor.topics.feedback import NO_SHIFT, POINTS_ALL, Shift, decide_anew, learned_element, say_shift, shift_score
from monitor.topics.findings import Finding, choose_sentence, fact_evidence, show_evidence
from monitor.topics.index import ReadArticle, told_language
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon
from monitor.topics.names import Judged, find_concepts, is_title_hit, judge_name, say_fault
from monitor.topics.nearness import Nearness
from monitor.topics.nodes import AnyOf, Element, Leaf, Node, elements_of
from monitor.topics.queries import comes_near, explain_miss, find_evidence, score_query
from monitor.topics.query import Query, compile_query
from monitor.topics.weighing import Asked, Terms, Weighing
from monitor.words import stemmed_language

KEY_CHARS_MAX = 60
"""So much of a topic's key a message shows."""


class CompiledTopic(Struct, frozen=True):
    """A topic ready to judge articles: a query, or the names of which one is enough."""

    topic: Topic
    query: Query | None
    names: tuple[Name, ...]
    exclude: Query | None
    learned: tuple[LearnedWord, ...] = ()
    """What readers' marks taught."""

    @property
    def lints(self) -> tuple[str, ...]:
        """What its names and queries allow but hardly mean, in words."""
        of_names = tuple(
            f'"{name.text}" has no word that says what it is about: most articles answer it.'
            for name in self.names
            if not name.is_telling
        )
        return of_names + (self.query.lints if self.query else ()) + (self.exclude.lints if self.exclude else ())

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every word and phrase it looks for by itself, related words left out."""
        asked = tuple(weighted.leaf for weighted in self.query.leaves) if self.query else ()
        return asked + tuple(concept.leaf for name in self.names for concept in name.concepts)

    @property
    def asks_words_only(self) -> bool:
        """Whether what is true of its `needed_node` answers it."""
        if self.exclude or self.query:
            return not self.exclude
        is_strict = self.topic.level is Level.STRICT
        return not self.learned and not is_strict and all(len(name.concepts) == 1 for name in self.names)

    def needed_node(self, language: str) -> Node:
        """The least an article must hold to match or nearly match, as a query."""
        if self.query:
            return self.query.root
        lift = POINTS_ALL if any(word.points > 0 for word in self.learned) else 0
        nodes = tuple(needed_node(name, self.topic.level, language, lift) for name in self.names)
        return nodes[0] if len(nodes) == 1 else AnyOf(nodes)

    def elements(self, language: str) -> Iterator[Element]:
        """Every word that judging an article of a language may ask for."""
        for query in (self.query, self.exclude):
            if query:
                yield from elements_of(query.root)
        for name in self.names:
            for concept in name.concepts:
                yield from elements_of(concept.either(language))
        yield from map(learned_element, self.learned)


class Prepared(Struct, frozen=True):
    """What a watchlist asks of articles of one language."""

    anchors: Anchors
    asked: list[tuple[Asked, ...]]
    """By topic, its names."""
    terms: Terms
    """Of all of them."""


class CompiledWatchlist(Struct, frozen=True):
    """Every topic ready to judge articles. May be shared between threads."""

    watchlist: Watchlist
    topics: tuple[CompiledTopic, ...]
    lexicon: Lexicon
    prepared: dict[str, Prepared] = field(default_factory=dict)
    """By language, built when an article in that language comes; bounded by the languages that have a stemmer."""


def compile_watchlist(
    watchlist: Watchlist, lexicon: Lexicon = EMPTY_LEXICON, earlier: CompiledWatchlist | None = None
) -> CompiledWatchlist:
    """Read every topic of a watchlist; what is as it was in an `earlier` one is taken from there.

    Raises `QueryError` or `ConfigError`, naming the topic and its place, for the first one that cannot be meant.
    """
    known: Mapping[TopicKey, CompiledTopic] = {}
    if earlier is not None and earlier.lexicon is lexicon and earlier.watchlist.lists == watchlist.lists:
        known = {one.topic.key: one for one in earlier.topics}
    topics = []
    concepts: dict[tuple[str, bool], Concept] = {}
    for topic in watchlist.topics:
        old = known.get(topic.key)
        # A topic whose line moved because of an edit above it is the same.
        if old is not None and replace(old.topic, place=topic.place) == topic:
            topics.append(replace(old, topic=topic))
        else:
            topics.append(compile_topic(topic, watchlist, lexicon, concepts))
    return CompiledWatchlist(watchlist, tuple(topics), lexicon)


def with_learned(compiled: CompiledWatchlist, learned: Mapping[TopicKey, tuple[LearnedWord, ...]]) -> CompiledWatchlist:
    """The same watchlist with what readers' marks taught, and nothing for topics that have it switched off."""
    topics = tuple(
        replace(one, learned=learned.get(one.topic.key, ()) if one.topic.feedback else ()) for one in compiled.topics
    )
    return compiled if topics == compiled.topics else replace(compiled, topics=topics, prepared={})


def compile_topic(
    topic: Topic,
    watchlist: Watchlist,
    lexicon: Lexicon = EMPTY_LEXICON,
    concepts: dict[tuple[str, bool], Concept] | None = None,
) -> CompiledTopic:
    """Read one topic with the lists of its watchlist; `concepts` as in `read_name`. Raises as `compile_watchlist`."""
    exclude = None if topic.exclude is None else _read_query(topic, "exclude", topic.exclude, watchlist, lexicon)
    if topic.query is not None:
        return CompiledTopic(topic, _read_query(topic, "query", topic.query, watchlist, lexicon), (), exclude)
    names = []
    for text in (topic.name, *topic.also):
        name = read_name(text, lexicon, concepts)
        if name is None:
            raise ConfigError(f'"{text}" holds no word', where=_place(topic), remedy="Name what to look for.")
        names.append(name)
    return CompiledTopic(topic, None, tuple(names), exclude)


def _place(topic: Topic) -> str:
    key = shorten(topic.key, KEY_CHARS_MAX)  # on the command line a topic's key is all that was typed
    return f'{topic.place}: topic "{key}"' if topic.place else f'topic "{key}"'


def _read_query(topic: Topic, key: str, text: str, watchlist: Watchlist, lexicon: Lexicon) -> Query:
    try:
        return compile_query(text, watchlist.lists, lexicon, is_exclusion=key == "exclude")
    except QueryError as error:
        where = f"{_place(topic)}: {key}, column {error.column}"
        raise QueryError(error.what, column=error.column, where=where, remedy=error.remedy) from error


def match_article(
    compiled: CompiledWatchlist, article: Article, nearness: Nearness | None = None
) -> tuple[list[Match], list[NoMatch]]:
    """The topics an article answers, and those it nearly does, both in the watchlist's order.

    The same article and watchlist always give the same answer. Every topic left out holds too little to be near. With
    `nearness` more names may match, none less.
    """
    prepared = _prepared_for(compiled, article)
    glance, candidates = prepared.anchors.look(article)
    matches: list[Match] = []
    near: list[NoMatch] = []
    if candidates:
        read = ReadArticle(article, glance, nearness)
        weighing = Weighing(read, prepared.terms)
        for number in candidates:
            topic = compiled.topics[number]
            names = topic.names if topic.learned else weighing.names_to_judge(prepared.asked[number])
            judged = _judge(topic, names, read, tells_far=False)
            if isinstance(judged, Match):
                matches.append(judged)
            elif judged is not None:
                near.append(judged)
    return matches, near


def find_answered(compiled: CompiledWatchlist, article: Article) -> list[TopicKey]:
    """The topics an article answers, without evidence: what `match_article` would tell, a few times sooner."""
    return [compiled.topics[number].topic.key for number in answered_places(compiled, article)]


def answered_places(
    compiled: CompiledWatchlist, article: Article, asked: int = -1, follows: Mapping[int, int] = MappingProxyType({})
) -> list[int]:
    """The places in the watchlist of the topics an article answers, in order; only those whose bit is set in `asked`.

    `follows` names, by place, an earlier topic that is narrower: what answers that answers this one too.
    """
    prepared = _prepared_for(compiled, article)
    glance, candidates = prepared.anchors.look(article)
    read = ReadArticle(article, glance)
    weighing = Weighing(read, prepared.terms)
    decided = prepared.anchors.decided
    found: list[int] = []
    for number in candidates:
        if asked >> number & 1 and (
            number in decided
            or (follows and follows.get(number) in found)
            or _answers(compiled.topics[number], prepared.asked[number], weighing, read)
        ):
            found.append(number)
    return found


def is_wider(topic: CompiledTopic, than: CompiledTopic) -> bool:
    """Whether it is plain that every article that answers the one answers this one too: another name was added to it,
    or another choice to its query.
    """
    if (topic.exclude and topic.exclude.root) != (than.exclude and than.exclude.root):
        return False
    if topic.query and than.query:
        root, narrow = topic.query.root, than.query.root
        parts = root.parts if isinstance(root, AnyOf) else (root,)
        return narrow in parts or (isinstance(narrow, AnyOf) and all(part in parts for part in narrow.parts))
    if topic.query or than.query or topic.topic.level is not than.topic.level or topic.learned != than.learned:
        return False
    return all(name in topic.names for name in than.names)


def _answers(topic: CompiledTopic, asked: Sequence[Asked], weighing: Weighing, read: ReadArticle) -> bool:
    if topic.query:
        is_answer = is_true(topic.query.root, read)
    elif topic.learned:
        is_answer = any(_judge_name(name, topic, read)[0].is_match for name in topic.names)
    else:
        is_answer = weighing.answers_any(asked)
    return is_answer and not (topic.exclude and is_true(topic.exclude.root, read))


def touches_topic(compiled: CompiledWatchlist, article: Article) -> bool:
    """Whether an article holds what is rarest of some topic, so that it might answer it if its text went on."""
    return _prepared_for(compiled, article).anchors.touches(article)


def _prepared_for(compiled: CompiledWatchlist, article: Article) -> Prepared:
    language = stemmed_language(told_language(article))
    prepared = compiled.prepared.get(language)
    if prepared is None:
        prepared = compiled.prepared[language] = _prepare(compiled, language)
    return prepared


def _prepare(compiled: CompiledWatchlist, language: str) -> Prepared:
    pricing = Pricing(language, compiled.lexicon.idf)
    topics = []
    for topic in compiled.topics:
        needed = pricing.of(topic.needed_node(language))
        is_enough = needed.is_enough and topic.asks_words_only
        topics.append((needed._replace(is_enough=is_enough), topic.elements(language)))
    terms = Terms(language)
    asked = [tuple(terms.ask(name, topic.topic.level) for name in topic.names) for topic in compiled.topics]
    return Prepared(Anchors(topics, language), asked, terms)


def judge_article(
    compiled: CompiledWatchlist, article: Article, nearness: Nearness | None = None
) -> list[Match | NoMatch]:
    """The answer for every topic, in the watchlist's order."""
    read = ReadArticle(article, _prepared_for(compiled, article).anchors.look(article)[0], nearness)
    judged = (_judge(topic, topic.names, read, tells_far=True) for topic in compiled.topics)
    return [one for one in judged if one is not None]


def _judge(
    compiled: CompiledTopic, names: Sequence[Name], read: ReadArticle, *, tells_far: bool
) -> Match | NoMatch | None:
    """Match, near miss, or why not; None for what is far away unless that is to be told.

    Of a topic by name, `names` are those of its names that may match.
    """
    if compiled.query:
        judged = _judge_query(compiled, read, tells_far=tells_far)
    else:
        judged = _judge_names(compiled, names, read, tells_far=tells_far)
    if isinstance(judged, Match) and compiled.exclude and is_true(compiled.exclude.root, read):
        topic, article = compiled.topic, read.article
        reason = f"it would match, but exclude is true: {compiled.exclude.normalised}"
        return NoMatch(topic.key, article.id, judged.score, reason, near=True, is_excluded=True)
    return judged


def _judge_query(compiled: CompiledTopic, read: ReadArticle, *, tells_far: bool) -> Match | NoMatch | None:
    query, topic = compiled.query, compiled.topic
    assert query is not None
    if not is_true(query.root, read):
        is_near = comes_near(query.root, read)
        if not is_near and not tells_far:
            return None
        return NoMatch(topic.key, read.article.id, 0, explain_miss(query.root, read), near=is_near)
    rated = score_query(query.root, read)
    score = round(100 * rated.reached / rated.whole) if rated.whole else 100
    shift = shift_score(score, compiled.learned, read) if compiled.learned else NO_SHIFT
    findings = find_evidence(query, read, rated.parts)
    title_hit = any(read.is_title(place) for finding in findings for place in finding.places)
    evidence = show_evidence(findings, read, score) or fact_evidence(query.root, read, score)
    return _told(topic, read, (score, shift), findings, evidence, title_hit=title_hit)


def _judge_names(
    compiled: CompiledTopic, names: Sequence[Name], read: ReadArticle, *, tells_far: bool
) -> Match | NoMatch | None:
    topic = compiled.topic
    if not names:
        return None
    ways = [_judge_name(name, compiled, read) for name in names]
    best, before, shift = ways[0] if len(ways) == 1 else max(ways, key=_standing)
    if not best.is_match:
        if not best.is_near and not tells_far:
            return None
        reason = say_shift(before, topic.level, shift, say_fault(before, read, topic.level))
        return NoMatch(topic.key, read.article.id, best.score, reason, near=best.is_near)
    findings = find_concepts(best, read)
    evidence = show_evidence(findings, read, best.score)
    return _told(topic, read, (best.score, shift), findings, evidence, title_hit=is_title_hit(best, read))


def _judge_name(name: Name, compiled: CompiledTopic, read: ReadArticle) -> tuple[Judged, Judged, Shift]:
    """What one name says with what was learned, what it says without, and the points between."""
    before = judge_name(name, read, compiled.topic.level)
    if not compiled.learned:
        return before, before, NO_SHIFT
    shift = shift_score(before.score, compiled.learned, read)
    return decide_anew(before, compiled.topic.level, shift), before, shift


def _standing(way: tuple[Judged, Judged, Shift]) -> tuple[bool, bool, int]:
    return way[0].is_match, way[0].is_near, way[0].score


def _told(
    topic: Topic,
    read: ReadArticle,
    scored: tuple[int, Shift],
    findings: tuple[Finding, ...],
    evidence: tuple[Evidence, ...],
    *,
    title_hit: bool,
) -> Match:
    sentence = choose_sentence(findings, read)
    score, shift = scored
    final = score + shift.points
    return Match(topic.key, read.article.id, final, topic.level, evidence, sentence, title_hit, shift.words)
