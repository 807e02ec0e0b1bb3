"""Numbers and directions in the languages of the feeds."""

from itertools import permutations

import pytest

from monitor.stories.guards import direction_of, numbers_in
from monitor.stories.normal import split_words
from monitor.stories.wording import DOWN, NUMBERS, UP
from monitor.words import fold

_HARMLESS = """
    on once dos tres due sei sex ten sale sept as in a an the of to and or for by with from at is be
    was are des les la le el los las un une der die das den dem ein und von zu mit auf ist que por
    para com em no na os che il di da non per del van het een te za na w z i o se det som на по за
    из не он она это
"""
HARMLESS = frozenset(_HARMLESS.split())
"""Words that are frequent in some language and a number or a direction in another."""


def _words(table: dict[str, str], language: str) -> set[str]:
    return {fold(word) for word in table.get(language, "").split()}


@pytest.mark.parametrize(("one", "other"), sorted(permutations(UP, 2)))
def test_no_word_rises_in_one_language_and_falls_in_another(one: str, other: str) -> None:
    """All tables are read as one, so no pair of languages contradicts itself, nor one language alone."""
    assert not _words(UP, one) & (_words(DOWN, other) | _words(DOWN, one))


def test_no_word_is_two_numbers_or_a_harmless_word() -> None:
    """A number word has one value in all languages; "ten" alone is also Polish for "this", and stays for English."""
    values: dict[str, set[int]] = {}
    for table in NUMBERS.values():
        for number, forms in table.items():
            for form in forms.split():
                values.setdefault(fold(form), set()).add(number)
    assert [word for word, numbers in values.items() if len(numbers) > 1] == []
    directions = set().union(*(_words(table, language) for table in (UP, DOWN) for language in table))
    assert (values.keys() | directions) & HARMLESS == {"ten"}
    assert not values.keys() & directions


@pytest.mark.parametrize("language", sorted({*UP, *NUMBERS}))
def test_every_word_is_one_word_as_headlines_are_split(language: str) -> None:
    """A word that is taken apart would never be met."""
    listed = [*UP.get(language, "").split(), *DOWN.get(language, "").split()]
    listed += [form for forms in NUMBERS.get(language, {}).values() for form in forms.split()]
    assert [word for word in listed if split_words(word) != [fold(word)]] == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("5,000 freed", {"5000"}), ("5.000 frei", {"5000"}), ("5 000 libres", {"5000"}), ("5\u00a0000", {"5000"}),
        ("5 mille libres", {"5000"}), ("5 thousand", {"5000"}), ("3,5 thousand", {"3500"}), ("five thousand", {"5000"}),
        ("3,5 Prozent", {"3.5"}), ("3.5 percent", {"3.5"}), ("1.234,5 Euro", {"1234.5"}), ("1,234.5", {"1234.5"}),
        ("1.234.567", {"1234567"}), ("0.125", {"0.125"}), ("٣ قتلى", {"3"}), ("۱۲ نفر", {"12"}), ("१२ लोग", {"12"}),
        ("１２人", {"12"}), ("zwölf", {"12"}), ("Douze", {"12"}), ("двенадцать", {"12"}), ("ثلاثة قتلى", {"3"}),
        ("twenty-two", {"22"}), ("twenty, two", {"22"}), ("one by 1", set()), ("no count", set()),
        ("שלושה", {"3"}), ("üç", {"3"}), ("cinco", {"5"}), ("pięć", {"5"}), ("on once dos", set()),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, numbers: set[str]) -> None:
    """Grouping, decimal commas, digits of other scripts and words of many languages give the same digits."""
    assert numbers_in(split_words(text)) == numbers


@pytest.mark.parametrize(
    ("rising", "falling"),
    [
        ("Prices rise", "Prices fall"), ("Preise steigen", "Preise sinken"), ("Prix en hausse", "Prix en baisse"),
        ("Sube el precio", "Cae el precio"), ("Sobe o preço", "Cai o preço"), ("Crescono i prezzi", "Calano i prezzi"),
        ("Цены выросли", "Цены упали"), ("Ціни зросли", "Ціни впали"), ("Ceny rosną", "Ceny spadły"),
        ("ارتفاع الأسعار", "انخفاض الأسعار"), ("افزایش قیمت", "کاهش قیمت"), ("株価が上昇した", "株価が下落した"),
        ("油价上涨", "油价下跌"), ("주가 상승", "주가 하락"), ("Harga naik", "Harga turun"),
        ("Fiyat arttı", "Fiyat düştü"),
    ],
)  # fmt: skip
def test_headlines_rise_and_fall_in_many_languages(rising: str, falling: str) -> None:
    """One direction each."""
    assert direction_of(frozenset(split_words(rising))) == 1
    assert direction_of(frozenset(split_words(falling))) == -1
