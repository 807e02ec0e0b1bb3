"""Words of scripts whose vowels are signs on the letters: cut where a reader would, and alike however written."""

import pytest

from monitor.stories.normal import split_words
from monitor.stories.rarity import Rarity
from monitor.stories.similarity import cosine, read_draft, weigh

WHOLE = [
    ("प्रधानमंत्री ने नया कानून पेश किया", 6),
    ("বাংলাদেশে বন্যায় দশ জনের মৃত্যু", 5),
    ("தமிழ்நாடு அரசு புதிய திட்டத்தை அறிவித்தது", 5),
    ("대통령 경제 정책 발표", 4),
    ("رئيسُ الوزراءِ يعلن", 3),
]


@pytest.mark.parametrize(("text", "count"), WHOLE)
def test_a_vowel_sign_ends_no_word(text: str, count: int) -> None:
    """Hindi, Bengali and Tamil write most vowels as marks on a letter; a word has as many letters as it has."""
    assert len(split_words(text)) == len(text.split()) == count


def test_a_vowel_sign_tells_words_apart() -> None:
    """In Thai, whose words are taken by pairs of characters, the signs are characters too."""
    assert split_words("มันปี") != split_words("มินปู")


def test_numbers_beside_vowel_signs_stay_whole() -> None:
    """A decimal among Hindi words is one number."""
    assert split_words("महंगाई 5.4 प्रतिशत बढ़ी") == ["महंगाई", "5.4", "प्रतिशत", "बढ़ी"]


def test_other_news_of_the_same_letters_is_not_alike() -> None:
    """Two Hindi headlines about other things share no words, though they share most of their bare letters."""
    one, other = "सेना ने सीमा पर नया पुल बनाया", "सोना मामूली महंगा, पल में बिना नाप बिका"
    rarity = Rarity({})
    marks = [weigh(read_draft(title, "", ""), rarity) for title in (one, other)]
    assert cosine(*marks) < 0.2
