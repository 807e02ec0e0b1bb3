"""Which topics an article answers, with the evidence; and which it nearly answers, with the reason.

Each article is read once for all topics, and only topics whose rarest words it holds are judged.

Effects: none.
"""

from dataclasses import dataclass, field

from monitor.errors import ConfigError, QueryError
from monitor.model import Article, Evidence, Match, NoMatch, Topic, Watchlist
from monitor.topics.anchors import Anchors, build_anchors
from monitor.topics.concepts import Name, needed_node, read_name
from monitor.topics.evaluate import is_true
from monitor.topics.findings import Finding, choose_sentence, fact_evidence, show_evidence
from monitor.topics.index import ReadArticle
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon
from monitor.topics.names import Judged, judge_name
from monitor.topics.nodes import AnyOf, Node
from monitor.topics.queries import explain_miss, find_evidence, score_query
from monitor.topics.query import Query, compile_query
from monitor.words import stemmed_language


@dataclass(frozen=True, slots=True)
class CompiledTopic:
    """A topic ready to judge articles: a query, or the names of which one is enough."""

    topic: Topic
    query: Query | None
    names: tuple[Name, ...]
    exclude: Query | None

    @property
    def lints(self) -> tuple[str, ...]:
        """What its queries allow but hardly mean, in words."""
        return (self.query.lints if self.query else ()) + (self.exclude.lints if self.exclude else ())

    @property
    def root(self) -> Node:
        """The least an article must hold to match, as a query."""
        if self.query:
            return self.query.root
        nodes = tuple(needed_node(name, self.topic.level) for name in self.names)
        return nodes[0] if len(nodes) == 1 else AnyOf(nodes)


@dataclass(frozen=True, slots=True)
class CompiledWatchlist:
    """Every topic ready to judge articles. May be shared between threads."""

    watchlist: Watchlist
    topics: tuple[CompiledTopic, ...]
    lexicon: Lexicon
    anchors: dict[str, Anchors] = field(default_factory=dict)
    """By language, built when an article in that language comes; bounded by the languages that have a stemmer."""


def compile_watchlist(watchlist: Watchlist, lexicon: Lexicon = EMPTY_LEXICON) -> CompiledWatchlist:
    """Read every topic of a watchlist.

    Raises `QueryError` or `ConfigError`, naming the topic and its place, for the first one that cannot be meant.
    """
    topics = tuple(compile_topic(topic, watchlist, lexicon) for topic in watchlist.topics)
    return CompiledWatchlist(watchlist, topics, lexicon)


def compile_topic(topic: Topic, watchlist: Watchlist, lexicon: Lexicon = EMPTY_LEXICON) -> CompiledTopic:
    """Read one topic with the lists of its watchlist. Raises as `compile_watchlist` does."""
    exclude = None if topic.exclude is None else _read_query(topic, "exclude", topic.exclude, watchlist, lexicon)
    if topic.query is not None:
        return CompiledTopic(topic, _read_query(topic, "query", topic.query, watchlist, lexicon), (), exclude)
    names = []
    for text in (topic.name, *topic.also):
        name = read_name(text, lexicon)
        if name is None:
            raise ConfigError(f'"{text}" holds no word', where=_place(topic), remedy="Name what to look for.")
        names.append(name)
    return CompiledTopic(topic, None, tuple(names), exclude)


def _place(topic: Topic) -> str:
    return f'{topic.place}: topic "{topic.key}"' if topic.place else f'topic "{topic.key}"'


def _read_query(topic: Topic, key: str, text: str, watchlist: Watchlist, lexicon: Lexicon) -> Query:
    try:
        return compile_query(text, watchlist.lists, lexicon, is_exclusion=key == "exclude")
    except QueryError as error:
        where = f"{_place(topic)}: {key}, column {error.column}"
        raise QueryError(error.what, column=error.column, where=where, remedy=error.remedy) from error


def match_article(compiled: CompiledWatchlist, article: Article) -> tuple[list[Match], list[NoMatch]]:
    """The topics an article answers, and those it nearly does, both in the watchlist's order.

    The same article and watchlist always give the same answer. Every topic left out holds too little to be near.
    """
    language = stemmed_language(article.language)
    anchors = _anchors_for(compiled, language)
    if anchors.leaves_out(article, language):
        return [], []
    read = ReadArticle(article)
    matches: list[Match] = []
    near: list[NoMatch] = []
    for number in anchors.candidates(read):
        judged = _judge(compiled.topics[number], read)
        if isinstance(judged, Match):
            matches.append(judged)
        elif judged.near:
            near.append(judged)
    return matches, near


def touches_topic(compiled: CompiledWatchlist, article: Article) -> bool:
    """Whether an article holds what is rarest of some topic, so that it might answer it if its text went on."""
    language = stemmed_language(article.language)
    anchors = _anchors_for(compiled, language)
    return not anchors.leaves_out(article, language) and anchors.touches(ReadArticle(article))


def _anchors_for(compiled: CompiledWatchlist, language: str) -> Anchors:
    anchors = compiled.anchors.get(language)
    if anchors is None:
        roots = [compiled_topic.root for compiled_topic in compiled.topics]
        anchors = build_anchors(roots, language, compiled.lexicon.idf)
        compiled.anchors[language] = anchors
    return anchors


def judge_article(compiled: CompiledWatchlist, article: Article) -> list[Match | NoMatch]:
    """The answer for every topic, in the watchlist's order."""
    read = ReadArticle(article)
    return [_judge(compiled_topic, read) for compiled_topic in compiled.topics]


def _judge(compiled: CompiledTopic, read: ReadArticle) -> Match | NoMatch:
    judged = _judge_query(compiled, read) if compiled.query else _judge_names(compiled, read)
    if isinstance(judged, Match) and compiled.exclude and is_true(compiled.exclude.root, read):
        topic, article = compiled.topic, read.article
        reason = f"it would match, but exclude is true: {compiled.exclude.normalised}"
        return NoMatch(topic.key, article.id, judged.score, reason, near=True)
    return judged


def _judge_query(compiled: CompiledTopic, read: ReadArticle) -> Match | NoMatch:
    query, topic = compiled.query, compiled.topic
    assert query is not None
    if not is_true(query.root, read):
        miss = explain_miss(query.root, read)
        return NoMatch(topic.key, read.article.id, 0, miss.reason, near=miss.is_near)
    reached, whole = score_query(query.root, read)
    score = round(100 * reached / whole) if whole else 100
    findings = find_evidence(query, read)
    title_hit = any(read.is_title(place) for finding in findings for place in finding.places)
    evidence = show_evidence(findings, read) or fact_evidence(query.root, read)
    return _told(topic, read, score, findings, evidence, title_hit=title_hit)


def _judge_names(compiled: CompiledTopic, read: ReadArticle) -> Match | NoMatch:
    topic = compiled.topic
    judged = [judge_name(name, read, topic.level) for name in compiled.names]
    best: Judged = max(judged, key=lambda one: (one.is_match, one.is_near, one.score))
    if not best.is_match:
        return NoMatch(topic.key, read.article.id, best.score, best.reason, near=best.is_near)
    evidence = show_evidence(best.findings, read)
    return _told(topic, read, best.score, best.findings, evidence, title_hit=best.title_hit)


def _told(
    topic: Topic,
    read: ReadArticle,
    score: int,
    findings: tuple[Finding, ...],
    evidence: tuple[Evidence, ...],
    *,
    title_hit: bool,
) -> Match:
    sentence = choose_sentence(findings, read)
    return Match(topic.key, read.article.id, score, topic.level, evidence, sentence, title_hit)
