"""The words of many languages by which numbers and directions are told in headlines: tables, nothing else.

A word stands here only where it hardly means anything else in any of the languages, for an article's language is not
always known and all tables are read as one: Spanish "once" is English, Portuguese "dos" is "of the", French "très"
folds to "tres". A number word too few is a guard that stays silent; one too many keeps true copies apart.

Effects: none.
"""

from monitor.words import fold

NUMBERS: dict[str, dict[int, str]] = {
    "en": {
        0: "zero", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine",
        10: "ten", 11: "eleven", 12: "twelve", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty",
    },
    "de": {
        2: "zwei", 3: "drei", 4: "vier", 5: "fünf", 6: "sechs", 7: "sieben", 8: "acht", 9: "neun", 10: "zehn",
        11: "elf", 12: "zwölf", 20: "zwanzig", 30: "dreißig", 40: "vierzig", 50: "fünfzig",
    },
    "fr": {
        2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six", 8: "huit", 10: "dix", 11: "onze", 12: "douze",
        20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante",
    },
    "es": {
        4: "cuatro", 5: "cinco", 6: "seis", 7: "siete", 8: "ocho", 9: "nueve", 10: "diez", 12: "doce", 20: "veinte",
        30: "treinta", 40: "cuarenta", 50: "cincuenta",
    },
    "pt": {
        2: "dois duas", 4: "quatro", 5: "cinco", 6: "seis", 7: "sete", 8: "oito", 9: "nove", 10: "dez", 11: "onze",
        12: "doze", 20: "vinte", 30: "trinta", 40: "quarenta", 50: "cinquenta",
    },
    "it": {
        3: "tre", 4: "quattro", 5: "cinque", 7: "sette", 9: "nove", 10: "dieci", 11: "undici", 12: "dodici",
        20: "venti", 30: "trenta", 40: "quaranta", 50: "cinquanta",
    },
    "nl": {
        2: "twee", 3: "drie", 4: "vier", 5: "vijf", 6: "zes", 7: "zeven", 8: "acht", 9: "negen", 10: "tien", 11: "elf",
        12: "twaalf", 20: "twintig", 30: "dertig",
    },
    "pl": {
        2: "dwa dwie dwóch", 3: "trzy trzech", 4: "cztery czterech", 5: "pięć pięciu", 6: "sześć sześciu",
        7: "siedem siedmiu", 8: "osiem ośmiu", 9: "dziewięć", 10: "dziesięć dziesięciu", 20: "dwadzieścia",
    },
    "ru": {
        2: "два две двое двух", 3: "три трое трех", 4: "четыре четверо четырех", 5: "пять пятеро пяти",
        6: "шесть шести",
        7: "семь", 8: "восемь", 9: "девять", 10: "десять", 11: "одиннадцать", 12: "двенадцать", 20: "двадцать",
        30: "тридцать", 40: "сорок", 50: "пятьдесят",
    },
    "uk": {2: "дві двоє двох", 3: "троє трьох", 4: "чотири", 6: "шість", 7: "сім", 8: "вісім", 10: "десять"},
    "ar": {
        2: "اثنان اثنين", 3: "ثلاثة ثلاث", 4: "أربعة", 5: "خمسة", 6: "ستة", 7: "سبعة", 8: "ثمانية", 9: "تسعة",
        10: "عشرة", 20: "عشرين عشرون",
    },
    "fa": {2: "دو", 3: "سه", 4: "چهار", 5: "پنج", 6: "شش", 7: "هفت", 8: "هشت"},
    "ur": {2: "دو", 3: "تین", 5: "پانچ", 7: "سات", 8: "آٹھ", 10: "دس"},
    "he": {
        2: "שניים שתיים", 3: "שלושה שלוש", 4: "ארבעה ארבע", 5: "חמישה", 6: "שישה", 7: "שבעה", 8: "שמונה", 9: "תשעה",
        10: "עשרה",
    },
    "id": {2: "dua", 3: "tiga", 4: "empat", 6: "enam", 7: "tujuh", 8: "delapan", 9: "sembilan", 10: "sepuluh"},
    "tr": {2: "iki", 3: "üç", 4: "dört", 5: "beş", 6: "altı", 7: "yedi", 8: "sekiz", 9: "dokuz"},
    "sv": {2: "två", 3: "tre", 4: "fyra", 5: "fem", 7: "sju", 8: "åtta", 9: "nio", 10: "tio"},
}  # fmt: skip
"""Number words by language, several forms with spaces between; "one" is said of anything and left out."""

_THOUSANDS = "thousand tausend mille mil mila duizend tysięcy тысяч тыс тисяч ribu ألف هزار"
THOUSANDS = frozenset(fold(word) for word in _THOUSANDS.split())
"""Behind a number: that many thousands."""

UP: dict[str, str] = {
    "en": """up rise rises rose risen higher gain gains gained climb climbs climbed increase increases increased raise
        raises raised jump jumps jumped surge surges surged rally rallies rallied soar soars soared""",
    "de": "steigt steigen stieg stiegen gestiegen klettert erhöht erhöhen gestiegene",
    "fr": "hausse augmente augmentent augmentation grimpe grimpent bondit progresse progressent",
    "es": "sube suben subió aumenta aumentan aumentó crece crecen creció",
    "pt": "sobe sobem subiu subiram aumenta aumentou cresce crescem cresceu",
    "it": "salgono aumenta aumentano cresce crescono aumento",
    "nl": "stijgt stijgen steeg stegen gestegen",
    "pl": "rośnie rosną wzrósł wzrosła wzrosły wzrost",
    "ru": "вырос выросла выросло выросли растет растут повысил повысила повысили повышает увеличил увеличила подорожал",
    "uk": "зріс зросла зросли зростає зростають підвищив підвищила",
    "ar": "ارتفاع ارتفع ارتفعت يرتفع ترتفع",
    "fa": "افزایش",
    "ur": "اضافہ",
    "he": "עלייה עליה",
    "id": "naik meningkat",
    "tr": "yükseldi arttı yükseliş",
    "sv": "stiger ökar ökade",
    "ja": "上昇 増加 急騰",
    "zh": "上涨 上升 上漲 增长",
    "ko": "상승 급등 증가",
}
"""Words by which headlines rise."""

DOWN: dict[str, str] = {
    "en": """down fall falls fell fallen lower drop drops dropped decline declines declined plunge plunges plunged
        decrease decreases decreased cut cuts slump slumps slumped slip slips slipped sink sinks sank tumble tumbles
        tumbled""",
    "de": "sinkt sinken sanken gesunken fällt senkt senken senkte stürzt",
    "fr": "baisse baissent recule reculent chute chutent diminue diminuent",
    "es": "baja bajan cae caen cayó disminuye disminuyen",
    "pt": "cai caem caiu caíram recua recuam diminui",
    "it": "scende scendono cala calano crolla crollano diminuisce diminuiscono",
    "nl": "daalt dalen daalde daalden gedaald",
    "pl": "spada spadają spadł spadła spadły spadek",
    "ru": "упал упала упало упали падает падают снизил снизила снизили снизился снизилась снизились снижает подешевел",
    "uk": "впав впала впали знизив знизила знизився знизилась",
    "ar": "انخفاض انخفض انخفضت ينخفض تنخفض هبوط تراجع تراجعت",
    "fa": "کاهش",
    "ur": "کمی",
    "he": "ירידה ירד ירדה",
    "id": "turun menurun anjlok",
    "tr": "düştü geriledi düşüş",
    "sv": "sjunker minskar minskade",
    "ja": "下落 減少 急落",
    "zh": "下跌 下降 暴跌 减少",
    "ko": "하락 급락 감소",
}
"""Words by which headlines fall."""

NEGATIONS = """not no never none without cannot t nicht kein keine keinen keinem keiner nie niemals ne pas jamais non
    sans nunca jamas sin nao sem senza mai niet geen nooit ikke ingen inte aldrig не нет ни без nie bez nem ei degil
    δεν οχι ليس لا لن لم ما بدون לא אין बिना नहीं tidak bukan tanpa khong"""
"""Little words that turn what a headline says into its opposite; the t is that of won't."""

NUMBER_OF = {
    fold(word): number for table in NUMBERS.values() for number, words in table.items() for word in words.split()
}
"""Every folded number word with its number."""
UP_WORDS = frozenset(fold(word) for words in UP.values() for word in words.split())
NEGATION_WORDS = frozenset(map(fold, NEGATIONS.split()))
DOWN_WORDS = frozenset(fold(word) for words in DOWN.values() for word in words.split())
