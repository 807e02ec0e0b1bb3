"""The language of a text is recognised where it says enough, and never guessed where it does not."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.language import FUNCTION_WORDS, detect_language
from monitor.words import stem

SAMPLES = Path(__file__).parent / "data" / "languages.txt"
LONG = dict(line.split(" ", 1) for line in SAMPLES.read_text(encoding="utf-8").splitlines())
HEADLINES = {
    "en": ["Talks on hostages stall as the envoy leaves Cairo", "Fed holds rates", "Apple shares fall"],
    "de": ["Verhandlungen über die Geiseln stocken nach der Abreise", "Kanzler in Paris", "Merz trifft Macron"],
    "fr": ["Les négociations sur les otages sont dans l'impasse", "Crise du logement à Paris", "Macron à Berlin"],
    "es": ["Las negociaciones sobre los rehenes siguen en un punto muerto", "Crisis en Venezuela"],
    "it": ["I negoziati per gli ostaggi sono fermi dopo la partenza", "Crisi a Roma", "Meloni in Libia"],
    "pt": ["As negociações sobre os reféns estão paradas em Lisboa", "Crise em Lisboa", "Lula viaja à China"],
    "nl": ["Onderhandelingen over de gijzelaars liggen stil na het vertrek", "Crisis in Den Haag", "Rutte in Berlijn"],
    "sv": ["Samtalen om gisslan har stannat av efter avfärden", "Kris i Stockholm"],
    "da": ["Forhandlingerne om gidslerne er gået i stå efter rejsen", "Krise i København"],
    "no": ["Forhandlingene om gislene har stoppet opp etter avreisen", "Krise i Oslo"],
    "fi": ["Neuvottelut panttivangeista ovat pysähtyneet", "Kriisi Helsingissä"],
    "pl": ["Rozmowy w sprawie zakładników utknęły w martwym punkcie", "Kryzys w Warszawie"],
    "cs": ["Jednání o rukojmích se po odjezdu zastavila", "Krize v Praze"],
    "ro": ["Negocierile privind ostaticii sunt blocate după plecare", "Criză la București"],
    "hu": ["A túszokról szóló tárgyalások az elutazás után elakadtak", "Válság Budapesten"],
    "tr": ["Rehineler için yürütülen görüşmeler ayrılıktan sonra durdu", "Ankara'da kriz"],
    "id": ["Perundingan tentang sandera terhenti setelah utusan pergi", "Krisis di Jakarta"],
    "ru": ["Переговоры о заложниках зашли в тупик после отъезда", "Кризис в Москве"],
    "uk": ["Переговори про заручників зайшли в глухий кут", "Криза в Києві"],
    "sr": ["Преговори о таоцима су стали након одласка", "Криза у Београду"],
    "ar": ["تعثر المفاوضات حول الرهائن بعد مغادرة المبعوث", "أزمة في بيروت"],
    "fa": ["مذاکرات درباره گروگان‌ها پس از رفتن فرستاده متوقف شد", "بحران در تهران"],
    "hi": ["बंधकों पर बातचीत दूत के जाने के बाद रुकी", "दिल्ली में संकट"],
    "he": ["השיחות על החטופים נתקעו לאחר עזיבת השליח", "משבר בירושלים"],
    "el": ["Οι συνομιλίες για τους ομήρους σταμάτησαν", "Κρίση στην Αθήνα"],
    "ja": ["人質をめぐる交渉が行き詰まる", "東京で危機"],
    "zh": ["人质谈判陷入僵局", "北京危机"],
    "ko": ["인질 협상이 특사 출국 뒤 중단", "서울 위기"],
    "th": ["การเจรจาเรื่องตัวประกันหยุดชะงัก"],
}  # fmt: skip


@pytest.mark.parametrize("language", LONG)
def test_twenty_words_say_their_language(language: str) -> None:
    """A teaser is enough, in every language that has a stemmer and in the neighbours they could be taken for."""
    assert detect_language(LONG[language]) == language


def test_every_language_with_little_words_has_a_sample() -> None:
    """A language that is added is tried."""
    assert FUNCTION_WORDS.keys() - LONG.keys() == {"kk", "ps"}


@pytest.mark.parametrize(
    ("language", "headline"), [(code, line) for code, lines in HEADLINES.items() for line in lines]
)
def test_a_headline_is_right_or_unsure(language: str, headline: str) -> None:
    """Ten words may be too few to tell, and are then not told; a wrong language would cost its forms."""
    assert detect_language(headline) in {language, None}


@pytest.mark.parametrize(
    "text",
    ["", "!!! 123", "OK", "Los Angeles Lakers", "Die Hard", "La La Land", "Rio de Janeiro", "Van Gogh Museum",
     "U.S. 2-1", "Łódź", "Łódź, Gdańsk, Kraków", "Straße", "Århus Ærø", "Mayor of Łódź wins prize",
     "Volkswagen AG Q3", "iPhone 17 Pro Max", "a a a a", "COVID-19", "Le Monde", "FC Porto 2:1"],
)  # fmt: skip
def test_names_and_numbers_have_no_language(text: str) -> None:
    """A name of another language does not make a text one of that language."""
    assert detect_language(text) is None


def test_a_foreign_name_or_quotation_does_not_decide() -> None:
    """An English text about a film or a phrase stays English, a Chinese one about a Japanese brand Chinese."""
    quoting = (
        'The film "Der Himmel über Berlin" and the song "Non, je ne regrette rien" were shown to the jury on Sunday.'
    )
    assert detect_language(quoting) == "en"
    assert detect_language(LONG["en"] + " Президент Путин") == "en"
    assert detect_language(LONG["zh"][:40] + "の") == "zh"
    assert detect_language(LONG["ja"].upper()) == "ja"
    assert detect_language(LONG["de"].upper()) == "de"


@given(st.text(max_size=80))
def test_any_text_has_a_language_or_none(text: str) -> None:
    """Whatever comes, the answer is a code that can be stemmed by, or nothing."""
    language = detect_language(text)
    assert language is None or (len(language) == 2 and stem("word", language))


def test_every_process_tells_the_same_language() -> None:
    """Where the evidence is just enough, the order in which it is added up must not decide: stems hang on it."""
    ask = "from monitor.language import detect_language; print(detect_language('op til som der kan'))"
    told = {
        subprocess.run(
            [sys.executable, "-c", ask], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in "01234567"
    }
    assert len(told) == 1
