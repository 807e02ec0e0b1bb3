"""The way of one article for a page: each step in sentences, each topic with its score and its evidence in the text.

Effects: database.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from monitor.channels.slack_link import message_link
from monitor.config.channels import SlackSettings
from monitor.config.load import Loaded
from monitor.digests.snippet import hits_in
from monitor.feeds.fulltext import complete
from monitor.in_force import InForce
from monitor.missing import Missing
from monitor.model import Delivery, Evidence, Field, Match, NoMatch, Topic, TopicKey
from monitor.storage.store import Store
from monitor.text import shorten
from monitor.topics.explain import describe_evidence, describe_learned, explain
from monitor.topics.vectors import load_installed
from monitor.trail import Several, Trail, find_trail
from monitor.views.moments import Moments
from monitor.views.told_lines import fate_words

TEXT_CHARS_MAX = 20_000
"""So much of a text is shown."""
FAR_SHOWN_MAX = 50
"""Topics that say no from afar, by name; the rest is counted."""


class Point(Struct, frozen=True):
    """A sentence of the way, with what stands under it."""

    text: str
    more: tuple[str, ...]


class Piece(Struct, frozen=True):
    """A run of characters as they stand in the article."""

    text: str
    found_by: str = ""
    """Where it is a hit: the topics and concepts it was found for."""


class TopicAnswer(Struct, frozen=True):
    """What a topic said of the article, and why."""

    key: TopicKey
    name: str
    standing: str
    """`matched` when it came; `would` match by today's watchlist; `near`; `no`; `gone` from the watchlist."""
    score: int
    evidence: tuple[str, ...]
    """A line for each concept it was found by, and one for what marks moved."""
    words: tuple[str, ...]
    """Why not, what became of it, what today's watchlist says, what readers said."""


class ArticlePage(Struct, frozen=True):
    """An article with its whole way."""

    trail: Trail
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    is_cut: bool
    is_of_page: bool
    """Whether the text is the feed's, completed by the article's page."""
    answers: tuple[TopicAnswer, ...]
    far: tuple[TopicAnswer, ...]
    """Topics that say no from afar."""
    far_more: int


def find_way(store: Store, force: InForce, wanted: str) -> Trail | Several | Missing:
    """The trail of an address, number or headline, by what is in force."""
    lexicon = force.loaded.compiled.lexicon
    load = partial(load_installed, force.loaded.semantic_folder) if lexicon.asks_meaning else None
    return find_trail(store, wanted, force.watched.watchlist, load)


def read_article(trail: Trail, topics: Mapping[TopicKey, Topic], moments: Moments) -> ArticlePage:
    """The page of an article that was found."""
    article, page = trail.stored.article, trail.page
    is_of_page = page is not None and bool(page.text)
    text = complete(article.text, page.text) if page is not None and page.text else article.text
    matches = [stored.match for stored in trail.matches]
    known = {match.topic for match in matches}
    matches += [one for one in trail.verdicts if isinstance(one, Match) and one.topic not in known]
    names = {key: topic.name for key, topic in topics.items()}
    labelled = [_labelled(match, names.get(match.topic, str(match.topic))) for match in matches]
    evidence = [one for some in labelled for one in some]
    fields = [Field.PAGE, Field.TEXT] if is_of_page and text != article.text else [Field.TEXT, Field.PAGE]
    shown = text if any(span.field is Field.PAGE for one in evidence for span in one.spans) else article.text
    field = fields[0] if shown == text else Field.TEXT
    answers = sorted(_answers(trail, names, moments), key=_rank)
    near = [one for one in answers if one.standing != "no"]
    far = [one for one in answers if one.standing == "no"]
    return ArticlePage(
        trail=trail,
        title=mark(article.title or "(no title)", evidence, Field.TITLE),
        text=mark(shown[:TEXT_CHARS_MAX], evidence, field),
        is_cut=len(shown) > TEXT_CHARS_MAX,
        is_of_page=shown != article.text,
        answers=tuple(near),
        far=tuple(far[:FAR_SHOWN_MAX]),
        far_more=max(0, len(far) - FAR_SHOWN_MAX),
    )


def mark(text: str, evidence: Sequence[Evidence], field: Field) -> tuple[Piece, ...]:
    """A text cut where something was found; put together again it is the text, character for character."""
    found, end = [], 0
    for hit in hits_in(evidence, field, len(text)):
        found += [Piece(text[end : hit.start]), Piece(text[hit.start : hit.end], evidence[hit.concept].concept)]
        end = hit.end
    return tuple(piece for piece in (*found, Piece(text[end:])) if piece.text)


def _labelled(match: Match, name: str) -> list[Evidence]:
    return [replace(one, concept=f"{name}: {one.concept}") for one in (*match.evidence, *match.learned)]


def _rank(answer: TopicAnswer) -> tuple[int, int, str]:
    order = ("matched", "would", "near", "gone", "no")
    return order.index(answer.standing), -answer.score, answer.key


def _answers(trail: Trail, names: Mapping[TopicKey, str], moments: Moments) -> Iterator[TopicAnswer]:
    recorded = {stored.match.topic: stored for stored in trail.matches}
    near = {miss.topic: miss for miss in trail.near}
    verdicts = {verdict.topic: verdict for verdict in trail.verdicts}
    for topic in dict.fromkeys([*recorded, *verdicts, *near]):
        stored, miss, verdict = recorded.get(topic), near.get(topic), verdicts.get(topic)
        words = [] if stored is None else [_sentence(fate_words(stored, trail, moments))]
        standing, score, evidence = "no", 0, tuple[str, ...]()
        if stored is not None:
            standing, score, evidence = "matched", stored.match.score, _evidence(stored.match)
            if isinstance(verdict, NoMatch):
                words.append(f"By today's watchlist it would not match: {verdict.reason}.")
            elif verdict is None:
                words.append("The topic is not in the watchlist any more.")
        elif isinstance(verdict, Match):
            standing, score, evidence = "would", verdict.score, _evidence(verdict)
            words.append("It would match by today's watchlist, but did not when it came.")
            words += [f"When it came: {miss.reason}."] if miss is not None else []
        elif miss is not None:
            standing, score = "near" if verdict is not None else "gone", miss.score
            words.append(f"{_sentence(miss.reason)} Written down {moments.say(miss.at)}.")
            if verdict is None:
                words.append("The topic is not in the watchlist any more.")
            elif verdict.reason != miss.reason:
                words.append(f"By today's watchlist: {verdict.reason}.")
        elif verdict is not None:
            standing, score = "near" if verdict.near else "no", verdict.score
            words.append(_sentence(explain(verdict).removeprefix("No match: ")))
        words += list(_mark_words(trail, topic, moments))
        yield TopicAnswer(topic, names.get(topic, str(topic)), standing, score, evidence, tuple(words))


def _mark_words(trail: Trail, topic: TopicKey, moments: Moments) -> Iterator[str]:
    for one in trail.marks:
        if one.topic == topic:
            by = f" by {one.by}" if one.by else ""
            note = f": {one.note}" if one.note else ""
            yield f"Marked {one.verdict.value.replace('_', ' ')} {moments.say(one.at)}{by}{note}"


def _evidence(match: Match) -> tuple[str, ...]:
    moved = describe_learned(match).strip(" ()")
    title = ("The title has it.",) if match.title_hit else ()
    return (*(describe_evidence(one) for one in match.evidence), *((moved,) if moved else ()), *title)


def _sentence(words: str) -> str:
    stop = "" if words.endswith((".", "!", "?", "…")) else "."
    return f"{words[:1].upper()}{words[1:]}{stop}"


def as_points(lines: Iterable[str], *, are_named: bool = False) -> list[Point]:
    """Lines of `monitor explain` as sentences, what is indented deeper under the one before.

    With `are_named` each begins with a name, which stays as it is written.
    """
    found: list[Point] = []
    for line in lines:
        text = line.strip()
        if found and line.startswith("    "):
            found[-1] = Point(found[-1].text, (*found[-1].more, text))
        elif text:
            found.append(Point(text if are_named else f"{text[:1].upper()}{text[1:]}", ()))
    return found


def message_links(loaded: Loaded) -> Callable[[Delivery], str | None]:
    """Where a delivered message can be opened, as far as its channel gives such an address."""

    def link(delivery: Delivery) -> str | None:
        settings = loaded.settings.channels.get(delivery.channel)
        if not isinstance(settings, SlackSettings):
            return None
        return message_link(settings.workspace, settings.channel, delivery.receipt)

    return link


def wanted_words(wanted: str) -> str:
    """What was asked for, as it is shown again."""
    return shorten(wanted, 300)
