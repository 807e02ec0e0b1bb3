"""Suggested terms: what a topic's articles have in common and others do not."""

from monitor.model import Article, ArticleId
from monitor.topics.lexicon import load_lexicon
from monitor.topics.suggest import Suggestion, count_again, count_terms, own_stems, related_words, suggest, write_term


def articles(texts: list[str], language: str = "en") -> list[Article]:
    """Articles of these texts."""
    return [Article(ArticleId(number), "", text, language=language) for number, text in enumerate(texts)]


OTHERS = articles([f"The council of town {number} said the budget and the captain were late." for number in range(200)])


def suggested(texts: list[str], own: str = "hostage", language: str = "en", limit: int = 5) -> list[Suggestion]:
    """What is suggested for articles of these texts, against the others."""
    hits = count_terms(articles(texts, language))
    others = OTHERS if language == "en" else articles([one.text for one in OTHERS], language)
    return suggest(hits, count_again(hits, others), own_stems([own], hits.languages), limit=limit)


def test_what_tells_the_topic_is_suggested_and_what_is_common_is_not() -> None:
    """No stop word, no word of the topic, nothing that stands everywhere or in two articles only."""
    texts = [f"The hostages were kidnapped, said the council, {word}." for word in ("a", "b", "rare", "rare", "d", "e")]
    assert [one.text for one in suggested(texts)] == ["kidnapped"]


def test_forms_of_one_word_are_one_suggestion_in_the_most_frequent_form() -> None:
    """Kidnapped, kidnap and kidnapping are not three; as it stands most often it is shown."""
    texts = ["They kidnap.", "It was kidnapping.", "Kidnapped.", "He was kidnapped.", "She was kidnapped."]
    [one] = suggested(texts)
    assert (one.text, one.held) == ("kidnapped", 5)


def test_a_word_that_hardly_stands_alone_is_told_as_its_pair() -> None:
    """Consumer spending, not consumer and spending; a pair that adds nothing to its word is left out."""
    pairs = suggested(["Consumer spending fell."] * 6, own="economy")
    assert [one.text for one in pairs] == ["Consumer spending"]
    assert not {"Consumer", "spending"} & {one.text for one in pairs}
    words = suggested(["The embassy guard. The embassy."] * 3 + ["An embassy shut."] * 6)
    assert [one.text for one in words][:1] == ["embassy"]
    assert not any("guard" in one.text and "embassy" in one.text for one in words)


def test_a_pair_with_a_word_of_the_topic_is_news() -> None:
    """A captain hostage says more than captains, of whom everybody speaks; the topic's own two words do not."""
    assert "captain hostage" in [one.text for one in suggested(["A captain hostage."] * 4)]
    assert suggested(["Hostage talks."] * 6, own="hostage talks") == []


def test_other_languages_are_compared_with_their_own() -> None:
    """A language that few articles are in is not suggested for being rare."""
    hits = count_terms(articles(["заложники и переговоры"] * 4, "ru"))
    rest = count_again(hits, [*OTHERS, *articles(["и снова выборы"] * 40, "ru")])
    assert rest.articles == 40
    assert [one.text for one in suggest(hits, rest, own_stems(["заложник"], ["ru"]), limit=5)] == ["переговоры"]


def test_pairs_of_a_script_without_spaces_are_words() -> None:
    """Japanese is told in pairs of signs; two that overlap are no pair of words."""
    hits = count_terms(articles(["人質を解放"] * 4, "ja"))
    assert ("人質",) in hits.holding
    assert all(len(term) == 1 for term in hits.holding)


def test_related_words_come_from_the_lexicon() -> None:
    """The nearest of each content word, none that the topic or a suggestion has already."""
    lexicon = load_lexicon()
    own = own_stems(["hostage negotiations"], ["en"])
    found = related_words("hostage negotiations", lexicon, own)
    assert "captives" in found
    assert not own & own_stems(found, ["en"])
    assert "captives" not in related_words("hostage negotiations", lexicon, own | own_stems(["captive"], ["en"]))


def test_two_words_go_into_a_query_in_quotes() -> None:
    """As a phrase."""
    assert (write_term("embassy"), write_term("held hostage")) == ("embassy", '"held hostage"')
