"""Words of every language are read right: folded, cut, stemmed, and found in a phrase and near one another."""

import pytest
import Stemmer

from monitor.topics.evaluate import is_true
from monitor.topics.index import ReadArticle
from monitor.topics.query import compile_query
from monitor.words import _LANGUAGES, fold, stem_forms
from tests.topics.articles import article

FORMS = {
    "ar": "المفاوضات مفاوضات", "bs": "pregovori pregovora", "ca": "negociacions negociació", "cs": "jednáních jednání",
    "da": "forhandlingerne forhandling", "de": "Verhandlungen Verhandlung", "el": "κυβέρνησης ΚΥΒΕΡΝΗΣΗ",
    "en": "negotiations negotiation", "eo": "intertraktadoj intertraktado", "es": "negociaciones negociación",
    "et": "läbirääkimised läbirääkimine", "eu": "negoziazioak negoziazio", "fa": "گروگان‌ها گروگان",
    "fi": "neuvottelut neuvottelu", "fr": "négociations négociation", "ga": "bóithre bóithre", "hi": "बंधकों बंधक",
    "hr": "pregovori pregovora", "hu": "tárgyalások tárgyalás", "hy": "ճանապարհները ճանապարհ", "id": "sandera sandera",
    "in": "rundingan runding", "it": "negoziati negoziato", "ji": "טעג טעג", "lt": "derybos deryboms",
    "ms": "rundingan runding", "nb": "forhandlingene forhandling", "ne": "बन्धकहरू बन्धक",
    "nl": "onderhandelingen onderhandeling", "nn": "forhandlingane forhandling", "no": "forhandlingene forhandling",
    "pl": "zakładników zakładnik", "pt": "negociações negociação", "ro": "negocierile negociere",
    "ru": "переговоров переговоры", "sh": "преговори преговора", "sr": "преговори pregovora", "st": "puisano puisano",
    "sv": "förhandlingarna förhandling", "ta": "சாலைகள் சாலை", "tr": "görüşmeler görüşme", "yi": "וועגן וועג",
}  # fmt: skip
"""Two forms of a word; the same twice where the stemmer of a language joins none that we would dare to name."""


def test_every_stemmer_there_is_stems_a_language() -> None:
    """A new version's language is not forgotten; two of its rule sets are older ones for English and Dutch."""
    assert set(Stemmer.algorithms()) - set(_LANGUAGES.values()) == {"porter", "dutch_porter"}
    assert FORMS.keys() == _LANGUAGES.keys()


@pytest.mark.parametrize("language", FORMS)
def test_one_form_finds_the_other_in_its_language(language: str) -> None:
    """A query for either form is true of an article with the other, whatever its accents and capitals."""
    for wanted, stands in (FORMS[language].split(), reversed(FORMS[language].split())):
        for written in (stands, stands.upper(), fold(stands)):
            read = ReadArticle(article("", f"x {written} y", language=language))
            assert is_true(compile_query(wanted).root, read), (wanted, written, stem_forms(fold(wanted), language))


@pytest.mark.parametrize(
    ("query", "text", "language", "is_found"),
    [
        ("negociacion", "Negociacio\u0301n", "es", True),
        ("Négociation", "NE\u0301GOCIATIONS", "fr", True),
        ('"elezioni a Forlì"', "Le elezioni a Forli\u0300 oggi", "it", True),
        ("мой", "мои", "xx", False),
        ("ёлка", "елки", "ru", True),
        ("ЗАЛОЖНИКИ NEAR/1 переговоры", "переговоров о заложниках", "ru", True),
        ('"о заложниках"', "переговоры о заложниках", "ru", True),
        ("Ὀδυσσεύς", "ΟΔΥΣΣΕΥΣ", "el", True),
        ('"της κυβέρνησης"', "ΤΗΣ ΚΥΒΕΡΝΗΣΗΣ", "el", True),
        ("λόγος", "ΛΟΓΟΣ", "xx", True),
        ("مفاوضات", "وَالمُفاوَضات", "ar", True),
        ("مفاوضات", "مفـــاوضات", "ar", True),
        ("مفاوضات", "بالمفاوضات", "ar", True),
        ("مفاوضات", "كمفاوضات", "ar", True),
        ("مفاوضات", "للمفاوضات", "ar", True),
        ("مفاوضات NEAR/1 الرهائن", "مفاوضات حول الرهائن", "ar", True),
        ('"المفاوضات حول"', "بدأت المفاوضات حول الرهائن", "ar", True),
        ("أزمة", "ازمة", "ar", True),
        ("שלום", "שָׁלוֹם", "he", True),
        ("שלום", "ולשלום", "he", False),
        ("ממשלה", "הממשלה", "he", True),
        ('"הסכם שלום"', "על הסכם שלום חדש", "he", True),
        ("人质", "释放人质的谈判", "zh", True),
        ("人质谈判", "人质的谈判", "zh", False),
        ('"人质谈判"', "关于人质谈判的消息", "zh", True),
        ("人质 NEAR/3 谈判", "释放人质的谈判", "zh", True),
        ("人质 NEAR/500 谈判", "释放人质，" + "他" * 600 + "谈判", "zh", False),
        ("東京", "東京都", "ja", True),
        ("テロ", "テロ対策", "ja", True),
        ("か", "が", "ja", False),
        ("ｶﾞｻﾞ", "ガザ", "ja", True),
        ("ガザ", "カ\u3099サ\u3099地区", "ja", True),
        ("เจรจา", "การเจรจาสันติภาพ", "th", True),
        ('"ตัวประกัน"', "ปล่อยตัวประกันแล้ว", "th", True),
        ("ตัวประกัน", "ตัวประกอบ", "th", False),
        ("인질", "인질들이 풀려났다", "ko", True),
        ("인질 ONEAR/2 협상", "인질을 위한 협상이", "ko", True),
        ("인질협상", "인질", "ko", False),
        ("istanbul", "İSTANBUL'da", "tr", True),
        ("ışık", "IŞIK", "tr", True),
        ("strasse", "Straße", "de", True),
        ("Häuser", "HAUS", "de", True),
        ("müller", "Mueller", "de", True),
        ("=Straße", "STRASSE", "de", False),
        ("chính phủ", "Chính phủ", "vi", True),
        ("chinh", "CHI\u0301NH", "vi", True),
        ('"chinh phu"', "chính phủ", "vi", True),
        ("बंधक", "बंधकों", "hi", True),
        ("बंधकों NEAR/1 वार्ता", "बंधकों पर वार्ता", "hi", True),
        ('"दिल्ली में"', "नई दिल्ली में संकट", "hi", True),
        ("Đà Nẵng", "Da Nang", "vi", True),
        ("Ærø", "AERO", "da", True),
    ],
)
def test_words_of_every_script_are_found(query: str, text: str, language: str, is_found: bool) -> None:
    """Marks, case, widths, particles and the lack of spaces do not keep a word from being found; other words do."""
    assert is_true(compile_query(query).root, ReadArticle(article("", text, language=language))) is is_found
