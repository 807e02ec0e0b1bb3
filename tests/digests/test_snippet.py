"""The part of an article that is shown, and what is marked in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.snippet import SNIPPET_LENGTH_MAX, Hit, cut_snippet, hits_in
from monitor.model import Evidence, Field, Span, Via

FILLER = "Nothing of note was said that day by anybody who was there. "


def hits_of(text: str, *words: str) -> list[Hit]:
    """Every place of the words, each word a concept of its own."""
    spans = [
        Evidence(
            word,
            {word: 1},
            Via.EXACT,
            tuple(Span(Field.TEXT, at, at + len(word)) for at in range(len(text)) if text.startswith(word, at)),
        )
        for word in words
    ]
    return hits_in(spans, Field.TEXT, len(text))


def marked(text: str, *words: str) -> tuple[str, list[str]]:
    """The snippet and the words marked in it."""
    snippet, ranges = cut_snippet(text, hits_of(text, *words))
    return snippet, [snippet[start:end] for start, end in ranges]


def test_a_short_text_is_shown_whole() -> None:
    """Nothing is cut without need, and every hit is marked."""
    text = "The talks resume.\nThe talks go on."
    assert marked(text, "talks") == ("The talks resume. The talks go on.", ["talks", "talks"])


def test_the_snippet_is_cut_around_the_place_where_most_concepts_stand() -> None:
    """A reader sees the sentence that answers the topic, not the first mention of one word."""
    text = "The talks are old. " + FILLER * 8 + "In Doha the hostage talks resume at noon. " + FILLER * 8
    snippet, words = marked(text, "talks", "hostage", "resume")
    assert words == ["hostage", "talks", "resume"]
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert len(snippet) <= SNIPPET_LENGTH_MAX


def test_of_two_equal_places_the_earlier_is_shown() -> None:
    """News stands at the beginning of a text."""
    text = "First the talks resume. " + FILLER * 12 + "Last the talks resume. "
    assert marked(text, "talks", "resume")[0].startswith("First the talks")


def test_a_cut_snippet_begins_with_a_sentence_where_one_is_near() -> None:
    """Half a sentence at the beginning is harder to read than a little less before the hit."""
    text = FILLER * 8 + "Mediators hope that talks resume. " + FILLER * 8
    snippet, _ = marked(text, "talks")
    assert snippet.startswith(f"…{FILLER.strip()}") or snippet.startswith("…Mediators")


def test_without_a_hit_the_beginning_is_shown() -> None:
    """A topic may match in the title alone."""
    snippet, words = marked(FILLER * 10, "hostage")
    assert snippet.startswith("Nothing of note")
    assert (words, len(snippet) <= SNIPPET_LENGTH_MAX) == ([], True)
    assert cut_snippet("", []) == ("", ())


def test_a_hit_at_the_very_end_is_in_the_snippet() -> None:
    """The end of a text is as good a place as its middle."""
    text = FILLER * 10 + "Then they spoke of the hostage"
    snippet, words = marked(text, "hostage")
    assert words == ["hostage"]
    assert snippet.endswith("spoke of the hostage")
    assert len(snippet) > SNIPPET_LENGTH_MAX // 2


def test_text_without_spaces_is_never_cut_inside_a_character() -> None:
    """Flags, families and Indic syllables are made of several code points and stay whole on both sides."""
    for piece in ("🇩🇪", "👩‍👩‍👧", "की", "é"):
        text = piece * 200 + "X" + piece * 200
        snippet, words = marked(text, "X")
        assert words == ["X"]
        inner = snippet.strip("…").replace("X", "")
        assert inner == piece * (len(inner) // len(piece))


def test_spans_outside_the_text_or_inside_another_are_left_out() -> None:
    """Evidence is made elsewhere; a wrong place in it must not break or blur a digest."""
    spans = (
        Span(Field.TEXT, 4, 9),
        Span(Field.TEXT, 4, 16),
        Span(Field.TEXT, 10, 20),
        Span(Field.TEXT, 16, 17),
        Span(Field.TEXT, -1, 3),
        Span(Field.TEXT, 7, 7),
        Span(Field.TEXT, 90, 120),
        Span(Field.TITLE, 0, 3),
    )
    found = hits_in([Evidence("talks", {"talks": 1}, Via.EXACT, spans)], Field.TEXT, 100)
    assert [(hit.start, hit.end) for hit in found] == [(4, 16), (16, 17)]


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(alphabet=st.sampled_from("ab .\n。é🇩🇪👩\u200d\u0301की"), max_size=700),
    spans=st.lists(st.tuples(st.integers(-5, 720), st.integers(0, 60)), max_size=12),
    length_max=st.integers(20, 260),
)
def test_what_is_marked_is_what_was_found(text: str, spans: list[tuple[int, int]], length_max: int) -> None:
    """Whatever the text and the places, the snippet keeps its length and marks the article's own words in order."""
    evidence = [Evidence("x", {"x": 1}, Via.EXACT, tuple(Span(Field.TEXT, at, at + size) for at, size in spans))]
    hits = hits_in(evidence, Field.TEXT, len(text))
    snippet, ranges = cut_snippet(text, hits, length_max)
    assert len(snippet) <= length_max
    assert "\n" not in snippet
    ends = 0
    found = [text[hit.start : hit.end].replace("\n", " ") for hit in hits]
    for start, end in ranges:
        assert ends <= start < end <= len(snippet)
        assert snippet[start:end] in found
        ends = end
