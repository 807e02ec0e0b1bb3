"""In which language is a text? By its script where that decides, else by its little words; None where unsure.

The little words and letters are chosen by hand. A word that several languages share counts for each of them a part.

Effects: none.
"""

import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping

from monitor.patterns import pattern

CHARS_LOOKED_AT = 2_400
"""Characters of a text that are looked at: about 400 words, and the little words of a language fill half of any 20."""
CHARS_FIRST = 600
"""Characters that are looked at first: about 100 words, of which nearly every text's language is clear."""
LEAST_SCORE = 1.7
"""What the best language must reach: about two words that no other has."""
LEAST_LEAD = 1.4
"""How many times the second best it must reach."""
LEAST_SHARE = 0.1
"""How many of the words must speak for it: names and foreign quotations have little words too."""
SHARE_WORDS_MAX = 40
"""Different words of which that share is asked: of a long text's many words most are no little ones."""

FUNCTION_WORDS: Mapping[str, str] = {
    "af": """die en van het is nie in dat 'n wat vir op te met sy hulle ons was deur hierdie word sal kan ook oor
        na aan om""",
    "ca": """el la els les de del dels i a en un una que per amb no és ha han més com però aquest aquesta entre
        sobre al als es seva seu van va també fins segons ser són pel pels molt ja des""",
    "cs": """a v na se že je s z do o k za po i jako byl byla bylo jsou který která které pro ve by podle ale také
        od už až nebo při tak jeho si není ze před mezi bude jen když své ještě jsme však kteří teď""",
    "da": """og i at det er en den til af på med for de som der ikke et har var kan om han fra men ved efter også
        blev være over sig eller hun skal vil siger mere hvor nu end mod uden mellem ud igen stadig op nogle
        hvis været""",
    "de": """der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus
        er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder
        aber vor zur bis mehr durch man sein wurde sei vom gegen seine unter ihre keine eines wir sagte beim
        ins""",
    "en": """the of and to in a is that for on it with as was at by be this are from or his an they which you had
        not has but have were their been who will more when said its about after he she would there than into
        over also could against before between new what how why up out all no if can says amid""",
    "eo": """la kaj de en estas ne al por kiu kiuj ke li ŝi ili estis sed kun el ĉi tiu pri ankaŭ pli aŭ post inter
        ĝi oni sur per tio dum ĉe kiel jam""",
    "es": """de la que el en y a los se del las un por con una su para es al lo como más pero sus le ya o este sí
        porque esta entre cuando muy sin sobre también hasta hay donde desde todo ha han fue son según tras
        ante contra era""",
    "et": """ja on ei et see oli ka kui aga mis oma ta või seda veel selle nad kes pärast välja kuid nii ning pole
        eest üle juba mida vastu kuni kas ütles enne""",
    "eu": """eta da ez du dira bat ere dute izan den zuen baina egin duen hori egiten gure bere dituzte baino edo
        zen ziren dela arte beste bezala dutela gero""",
    "fi": """ja on ei että se oli hän mutta ovat myös kuin joka jotka tai sen mukaan kun ole jo olla hänen niin
        vain mitä noin jälkeen sitä kanssa nyt siitä voi tämä tämän ollut vielä sekä""",
    "fr": """de la le et les des en un une du que est dans qui pour au il sur pas plus par avec ce se sont ne son
        aux cette ses ont mais comme ou été leur elle y sans après entre ces être fait deux selon contre l d
        qu s c n""",
    "ga": """an na agus ar is i le go ag sé a tá do bhí don ach sin nó leis bhfuil faoi atá chun siad seo gur mar
        ní féin aon den idir raibh tar éis ó""",
    "hr": """i u je se na da su za od s o iz koji koja koje nije bio kako ili bi već nakon što će do kao te ali
        samo ga prema više to biti jer oko pri bez tijekom protiv""",
    "hu": """a az és hogy nem is egy van volt ez meg csak már mint de ha még azt aki szerint lesz vagy ami el pedig
        után között több kell minden amely ki majd lett ezt ellen által""",
    "id": """yang dan di dengan untuk dari pada dalam tidak ini itu akan ke adalah oleh juga ada telah mereka bisa
        sebagai karena saat lebih para tersebut seorang kata antara setelah sudah menjadi bahwa""",
    "is": """og að í á er sem það um ekki var við með fyrir til en hann af eru þau hún þess verið þar þeir hafa
        eftir sé verður frá hefur""",
    "it": """di e il la che in a per un una è del della le i con non si da dei al nel gli sono alla come anche lo
        delle più ha dal ma su o degli nella dalla questo cui ed fra dopo tra stato hanno essere sul contro
        due l d dell nell all""",
    "lt": """ir kad į yra su iš o ne tai bet kaip apie po ar buvo už per jo tik jau dėl nuo iki taip pat savo kuris
        bus prie nėra jų nes šis pagal""",
    "lv": """un ir ar no uz ka par ne tas kas bet arī lai tika pēc kā vai to gan bija līdz pie šo būs kur nav jau
        savu pret""",
    "nl": """de het een van en in is dat op te zijn met voor niet aan er om ook als dan bij maar door over uit naar
        nog wordt heeft wel ze hij worden die tot deze werd was kan meer hebben of geen zich tegen na tussen
        volgens onder""",
    "no": """og i det er en til på av som med for at de den har ikke et om var han fra men vil kan skal etter hun
        ble være sier over seg eller mot ved ut blir også mer hadde nå mellom uten da bare får igjen fortsatt
        opp noen hvis vært sa fram gjennom""",
    "pl": """w i z na się nie do że to jest o za po od przez jak dla ale są co by ich już tym który która które
        jego tak oraz czy ze było także być pod przed będzie może tylko między""",
    "pt": """de a o que e do da em um para com não uma os no se na por mais as dos como mas foi ao das à seu sua ou
        ser quando muito há nos já está também pelo pela até isso entre são após sobre num segundo contra aos""",
    "ro": """de și în a la cu pe că nu un o din care mai este pentru sunt au fost ca ce prin să se fi dar după sau
        al ale lui despre această acest între către mult fără până unui unei""",
    "sk": """a v na sa že je s z do o k za po aj ako bol bola bolo sú ktorý ktorá ktoré pre vo by podľa ale tiež od
        už až alebo pri tak jeho si nie zo pred medzi bude len keď svoje ešte sme však ktorí teraz""",
    "sl": """in je v na se da so za z ki tudi ne pa bi po s kot še od pri iz ali bo med ni že do bil bila le ter
        proti""",
    "sq": "të e në dhe për një me nga që i së është më ka u janë nuk si edhe por do kjo ky duke ndaj",
    "st": """le ho ya ba ea tsa ka ha e ke sa o a ne hore bona hona mme empa tse hae rona bang mo tla eo joang bile
        moo""",
    "sv": """och i att det som en på är av för med den till inte har de ett om han men var sig från så kan när nu
        hon efter också vid eller mot över ska vill mellan där mer säger blev utan även vara blir under""",
    "sw": "ya na wa kwa ni katika la za kuwa hii cha kama lakini yake baada huo hiyo wake pia ambao hilo",
    "tl": "ang ng sa na mga ay at para ni si hindi kung ito may nang siya din nila ayon kay",
    "tr": """ve bir bu için da de ile olarak çok daha olan gibi en ne kadar sonra var ancak göre ama değil her o ki
        iki olduğunu oldu karşı ya üzerinde ise eden dedi""",
    "vi": """và của là có được cho không trong với một các người này đã những khi từ đến để về tại ra sẽ cũng như
        theo vào sau""",
    "be": "і ў не на што з да як гэта па для але яго за быў ад аб пра таксама яны гэтым па-за пасля якія",
    "bg": "и на в да за се от не е с че са по като ще към който това има до след които бе със но при или",
    "kk": "және мен бұл үшін де да бір деп болып бар еді туралы кейін қазақстан осы",
    "mk": "и на во да за се од не е со дека ќе по како што ги го кој оваа има до ова но при или беше",
    "ru": """и в не на что с по как из за от к о он это для а но его до было также года после их то был все при или
        у бы только уже между со которые который об во ее если чтобы была были""",
    "sr": """и у је се на да су за од с о из који која које није био како или би већ након што ће до као те али
        само га према више то бити јер против""",
    "uk": "і в не на що з до як та це про за від його для але у й їх був є після також він при або між яка який",
    "ar": "في من على إلى أن التي الذي عن مع هذا هذه ما لا كان بعد قال كما بين أو لم قد وقال ذلك خلال إن منذ ضد حول",
    "fa": "و در به از که این را با است برای آن یک خود تا بر بود شد شده می نیز هم اما یا پس هر کرد ها شود دارد پیش",
    "ur": "کے کی میں ہے اور سے کا کو نے پر ہیں کہ اس یہ کر بھی تھا ایک نہیں گیا ان ہو تو",
    "ps": "د په او چې کې له ته دي سره یې هم یو نه کړي دا شوي به",
    "hi": "के में है की और को से का ने पर कि यह हैं एक भी नहीं इस कर लिए था हो गया साथ तो जो ही बाद अपने",
    "mr": "आहे आणि या च्या ही हे तर की केली आहेत होते मात्र झाली यांनी करण्यात होता",
    "ne": "छ र को मा हो पनि यो लाई छन् गरेको भएको थियो गर्न तथा भने उनले गरी नै देखि हुने गर्ने भन्ने",
    "he": "של את על לא הוא זה עם כי גם כל היא או אם יותר בין אך לאחר היה אחרי כדי יש אין",
    "yi": "און די פֿון פון איז צו אין דער מיט אַז אז נישט האט האָט דאס דאָס אויף וואס וואָס האבן האָבן זיי ער",
}  # fmt: skip
"""Little words of each language, as they are written in small letters."""

_LETTERS: Mapping[str, str] = {
    "de": "äöüß", "fr": "èêçœ", "es": "ñ¿¡", "pt": "ãõ", "ca": "ŀ", "hu": "őű", "pl": "łżźśąęń",
    "cs": "řěů", "sk": "ľĺŕä", "ro": "șțşţă", "tr": "ığş", "da": "øæå", "no": "øæå", "sv": "äöå",
    "fi": "äö", "et": "õäöü", "is": "ðþ", "lt": "ėįųūšž", "lv": "ģķļņāē", "eo": "ĉĝĥĵŝŭ", "hr": "đćčš",
    "sl": "č", "vi": "ơưạảấếệộ", "sq": "ë", "uk": "іїєґ", "be": "ўі", "sr": "јљњћђџ", "mk": "ѓќѕј",
    "kk": "әқңғұүһі", "bg": "ъ", "ru": "ыэё", "fa": "پچژگی", "ur": "ٹڈڑںےہھ", "ps": "ټډړښۍځ", "ar": "ةىأإ",
    "yi": "װױײ",
}  # fmt: skip
"""Letters that speak for a language among those of its script."""

_SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x370, 0x3FF, "el"), (0x400, 0x52F, "cyrillic"), (0x531, 0x58F, "hy"), (0x590, 0x5FF, "hebrew"),
    (0x600, 0x77F, "arabic"), (0x900, 0x97F, "devanagari"), (0x980, 0x9FF, "bn"), (0xA00, 0xA7F, "pa"),
    (0xA80, 0xAFF, "gu"), (0xB80, 0xBFF, "ta"), (0xC00, 0xC7F, "te"), (0xC80, 0xCFF, "kn"), (0xD00, 0xD7F, "ml"),
    (0xD80, 0xDFF, "si"), (0xE00, 0xE7F, "th"), (0xE80, 0xEFF, "lo"), (0x1000, 0x109F, "my"), (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"), (0x1200, 0x139F, "am"), (0x1780, 0x17FF, "km"), (0x1F00, 0x1FFF, "el"),
    (0x3040, 0x30FF, "ja"), (0x3400, 0x9FFF, "zh"), (0xAC00, 0xD7A3, "ko"), (0xFB1D, 0xFB4F, "hebrew"),
    (0xFB50, 0xFEFC, "arabic"),
)  # fmt: skip
_STARTS = [first for first, _, _ in _SCRIPTS]
_SHARED: Mapping[str, tuple[str, ...]] = {
    "cyrillic": ("be", "bg", "kk", "mk", "ru", "sr", "uk"),
    "arabic": ("ar", "fa", "ps", "ur"),
    "hebrew": ("he", "yi"),
    "devanagari": ("hi", "mr", "ne"),
}
"""Scripts in which more than one language is written."""
_LATIN = tuple(
    language for language in FUNCTION_WORDS if language not in {one for of in _SHARED.values() for one in of}
)
_KANA_SHARE = 0.05
"""Of Chinese characters and kana, how many kana make a text Japanese: a Chinese text may quote a name."""
OTHER_SHARE = 0.4
"""How many of the letters must be of another script: in less, it is a name or a quotation."""
LETTERS_MAX = 1.0
"""The most that letters can say: one place or person has several, and makes no text Polish."""
HEAD_CHARS = 120
"""Characters by which the script is told."""
_OTHER_SCRIPT = pattern(r"[\u0370-\u1dff\u1f00-\u1fff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\ufb1d-\ufefc]")


class _Table:
    """What the words and letters of one script say, each for one language or a part for several."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.words = _shared_out({language: FUNCTION_WORDS[language].split() for language in languages})
        self.letters = _shared_out({language: list(_LETTERS.get(language, "")) for language in languages})
        self._known = self.words.keys()

    def choose(self, text: str) -> str | None:
        """The language that its words and letters speak for, if clearly more than for any other."""
        written = set(text.replace("'", " ").replace("’", " ").replace('"', " ").split())
        scores = _add_up(self.words, written & self._known)
        if not text.isascii():
            for language, score in _add_up(self.letters, set(text) & self.letters.keys()).items():
                scores[language] = scores.get(language, 0.0) + min(score, LETTERS_MAX)
        if not scores:
            return None
        best = max(scores, key=scores.__getitem__)
        score = scores.pop(best)
        second = max(scores.values(), default=0.0)
        is_clear = score >= max(LEAST_SCORE, second * LEAST_LEAD, LEAST_SHARE * min(len(written), SHARE_WORDS_MAX))
        return best if is_clear else None


def rules_number() -> int:
    """A number that changes with the words, letters and bounds by which languages are told."""
    bounds = (CHARS_FIRST, CHARS_LOOKED_AT, LEAST_SCORE, LEAST_LEAD, LEAST_SHARE, SHARE_WORDS_MAX, LETTERS_MAX)
    return zlib.crc32(repr((bounds, FUNCTION_WORDS, _LETTERS, _SCRIPTS, _SHARED)).encode())


def _add_up(evidence: Mapping[str, tuple[tuple[str, float], ...]], found: set[str]) -> dict[str, float]:
    """What some words or letters say together, by language."""
    scores: dict[str, float] = {}
    # In order: sums of fractions depend on it, and a set stands in another order in every process.
    for piece in sorted(found):
        for language, share in evidence[piece]:
            scores[language] = scores.get(language, 0.0) + share
    return scores


def _shared_out(pieces: Mapping[str, list[str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    """By word or letter the languages that have it, each with an equal part of it."""
    having: dict[str, list[str]] = {}
    for language, listed in pieces.items():
        for piece in dict.fromkeys(listed):
            having.setdefault(piece, []).append(language)
    return {piece: tuple((one, 1 / len(languages)) for one in languages) for piece, languages in having.items()}


_LATIN_TABLE = _Table(_LATIN)
_TABLES = {script: _Table(languages) for script, languages in _SHARED.items()}


def detect_language(text: str) -> str | None:
    """The code of a text's language, such as `de`; None where it does not say.

    Looks at the beginning only, so its work is bounded. A few words are rarely enough, except in a script of its own.
    """
    found = _detect(text[:CHARS_FIRST].lower())
    return _detect(text[:CHARS_LOOKED_AT].lower()) if found is None and len(text) > CHARS_FIRST else found


def _detect(sample: str) -> str | None:
    if sample.isascii():
        return _LATIN_TABLE.choose(sample)
    head = sample[:HEAD_CHARS]
    other = _OTHER_SCRIPT.findall(head)
    if len(other) <= OTHER_SHARE * sum(map(str.isalpha, head)):
        return _LATIN_TABLE.choose(sample)
    counts = Counter(map(_script_of, other))
    script, _ = counts.most_common(1)[0]
    if script == "zh" and counts["ja"] > _KANA_SHARE * counts["zh"]:
        return "ja"
    table = _TABLES.get(script)
    return table.choose(sample) if table else script or None


def _script_of(letter: str) -> str:
    code = ord(letter)
    place = bisect_right(_STARTS, code) - 1
    return _SCRIPTS[place][2] if place >= 0 and code <= _SCRIPTS[place][1] else ""
