"""Which agency a text is credited to; a mention is no credit."""

import pytest

from monitor.stories.origin import origin_of

HEADS = [
    ("OSLO, Jan 3 (Reuters) - Ferries stopped.", "reuters"),
    ("WASHINGTON/PARIS, Feb 17 (Reuters) - Talks went on.", "reuters"),
    ("Reuters - Ferries stopped on Monday.", "reuters"),
    ("By Ann Lee and Bo Ek\nOSLO, Jan 3 (Reuters) - Ferries stopped.", "reuters"),
    ("OSLO (AP) — Ferries stopped.", "ap"),
    ("LIMA, Peru (AP) -- Ferries stopped.", "ap"),
    ("AP — Ferries stopped.", "ap"),
    ("Paris (AFP) - Ferries stopped.", "afp"),
    ("Paris, 3 jan 2026 (AFP) – Les bacs sont arrêtés.", "afp"),
    ("(AFP) - Les bacs sont arrêtés.", "afp"),
    ("BERLIN (dpa/lsw) - Fähren stehen still.", "dpa"),
    ("Kiel (dpa) – Fähren stehen still.", "dpa"),
    ("FRANKFURT (dpa-AFX) - Der Dax steht still.", "dpa-afx"),
    ("WIEN (APA) - Fähren stehen still.", "apa"),
    ("Bern (awp/sda) - Fähren stehen still.", "sda"),
    ("Jan. 3 (UPI) -- Ferries stopped.", "upi"),
    ("New Delhi, Jan 3 (PTI) Ferries stopped.", "pti"),
    ("Kolkata (West Bengal) [India], January 3 (ANI): Ferries stopped.", ""),
    ("Mumbai, January 3 (ANI): Ferries stopped.", "ani"),
    ("Mumbai, Jan 3 (IANS) Ferries stopped.", "ians"),
    ("BEIJING, Jan. 3 (Xinhua) -- Ferries stopped.", "xinhua"),
    ("新华社北京1月3日电 渡轮停航。", "xinhua"),
    ("【ワシントン共同】フェリーが止まった。", "kyodo"),
    ("【ソウル時事】フェリーが止まった。", "jiji"),
    ("(서울=연합뉴스) 배가 멈췄다.", "yonhap"),
    ("SEOUL, Jan. 3 (Yonhap) -- Ferries stopped.", "yonhap"),
    ("Madrid, 3 ene (EFE).- Los barcos pararon.", "efe"),
    ("MADRID, 3 Ene. (EUROPA PRESS) - Los barcos pararon.", "europa press"),
    ("(ANSA) - ROMA, 03 GEN - Traghetti fermi.", "ansa"),
    ("Roma, 3 gen. (Adnkronos) - Traghetti fermi.", "adnkronos"),
    ("МОСКВА, 3 января. /ТАСС/. Паромы стоят.", "tass"),
    ("МОСКВА, 3 янв — РИА Новости. Паромы стоят.", "ria novosti"),
    ("MOSCOW, January 3. /TASS/. Ferries stopped.", "tass"),
    ("Lisboa, 03 jan 2026 (Lusa) – Os barcos pararam.", "lusa"),
    ("ANKARA (AA) - Feribotlar durdu.", "anadolu"),
    ("KUALA LUMPUR, Jan 3 (Bernama) -- Ferries stopped.", "bernama"),
    ("Jakarta (ANTARA) - Feri berhenti.", "antara"),
    ("ABU DHABI, 3rd January, 2026 (WAM) -- Ferries stopped.", "wam"),
    ("KUWAIT, Jan 3 (KUNA) -- Ferries stopped.", "kuna"),
    ("القاهرة (رويترز) - توقفت العبارات.", "reuters"),
    ("القاهرة (أ ف ب) - توقفت العبارات.", "afp"),
    ("(Bloomberg) -- Ferries stopped.", "bloomberg"),
    ("OSLO (CNN) - Ferries stopped.", "cnn"),
    ("STOCKHOLM (TT) - Färjorna står still.", "tt"),
]
TAILS = [
    ("Ferries stopped. (Reporting by Ann Lee; Editing by Bo Ek)", "reuters"),
    ("Ferries stopped. Reporting by Ann Lee in Oslo; Editing by Bo Ek", "reuters"),
    ("Ferries stopped. Associated Press writer Ann Lee in Oslo contributed to this report.", "ap"),
    ("Ferries stopped. With files from The Canadian Press", "cp"),
    ("This report by The Canadian Press was first published Jan. 3, 2026.", "cp"),
    ("Ferries stopped. © 2026 AFP", "afp"),
    ("Ferries stopped. Copyright 2026 The Associated Press. All rights reserved.", "ap"),
    ("Ferries stopped.\n— AP", "ap"),
    ("Ferries stopped. -- AFP", "afp"),
    ("Fähren stehen still. (dpa)", "dpa"),
    ("Fähren stehen still. dpa", "dpa"),
    ("Promy stoją. (PAP)", "pap"),
    ("Traghetti fermi. (ANSA).", "ansa"),
    ("Færgerne ligger stille.\n/ritzau/", "ritzau"),
    ("Fergene ligger stille. (NTB)", "ntb"),
    ("Lautat seisovat. (STT)", "stt"),
    ("Los barcos pararon. EFE", "efe"),
]
AUTHORS = [
    ("By Reuters", "reuters"), ("REUTERS", "reuters"), ("AFP", "afp"), ("Associated Press", "ap"),
    ("Ann Lee, Associated Press Writer", "ap"), ("Ann Lee (AP)", "ap"), ("Ann Lee/AFP", "afp"),
    ("Ann Lee and Bo Ek, Reuters", "reuters"), ("Von dpa", "dpa"), ("PA Media", "pa"), ("The Canadian Press", "cp"),
    ("Agencia EFE", "efe"), ("Ann Lee | The Associated Press", "ap"), ("AAP", "aap"),
    ("Agência Brasil", "agência brasil"),
]  # fmt: skip
MENTIONS = [
    "The minister told Reuters that ferries stopped.",
    "Ferries stopped, according to AFP.",
    "Reuters reported on Monday that ferries stopped.",
    "Ferries stopped, a video verified by AFP shows. The harbour is shut.",
    "The owner spoke to the AP.",
    "AP reporters saw the harbour.",
    "Ferries stopped, said Reuters",
    "Ferries stopped (Image credit: Ann Lee / AFP / Getty Images)",
    "Ferries stopped. Photo by Ann Lee. AFP",
    "Foto: dpa",
    "Ferries stopped. (Photo by AFP)",
    "The new access point (AP) - a small box - is cheap.",
    "Access Point (AP) - a small box.",
    "Special Protection Area (SPA) – rules for birds.",
    "The spa - a quiet place - is shut.",
    "PA - the sound system of the hall - failed.",
    "We went to a spa.",
    "He drives a TT.",
    "They wrote it on an old STT.",
    "She went home and told her pa.",
    "The Bloomberg terminal - a costly thing - failed.",
    "Bloomberg - the mayor of those years - spoke.",
    "A Sputnik - the first of its kind - flew.",
    "Michael Bloomberg (born 1942) - a mayor.",
    "The price (Reuters has it at 5) - is low.",
    "Le ministre a dit à l'AFP que les bacs sont arrêtés.",
    "Der Minister sagte der dpa, die Fähren stehen still.",
    "Das sagte er der dpa.",
    "Il ministro ha detto all'ANSA che i traghetti sono fermi.",
    "El ministro dijo a EFE que los barcos pararon.",
    "Министр сказал ТАСС, что паромы стоят.",
    "The Associated Press has learned that ferries stopped.",
    "He works for Reuters. She does not.",
    "© 2026 Harbour News. He reads AFP.",
    "Ferries stopped. Reporting by the crew helped.",
    "She contributed to AP exams.",
    "Advanced Placement (AP) - exams begin.",
    "",
    "AFP",
    "The report said (AP) many things that day and then went on for long about it",
]  # fmt: skip


@pytest.mark.parametrize(("text", "agency"), [*HEADS, *TAILS])
def test_a_text_is_credited_by_its_dateline_or_the_credit_at_its_end(text: str, agency: str) -> None:
    """Every shape that agencies print is read to one name."""
    assert origin_of("", text, "", "") == agency


@pytest.mark.parametrize(("author", "agency"), AUTHORS)
def test_an_author_field_may_name_the_agency(author: str, agency: str) -> None:
    """Alone, behind a name, in brackets, with the word for "by" in several languages."""
    assert origin_of("Ferries stopped", "Ferries stopped on Monday.", author, "") == agency


@pytest.mark.parametrize("text", MENTIONS)
def test_a_mention_is_no_credit(text: str) -> None:
    """An agency that is quoted did not write the text, and a word is no agency."""
    assert origin_of("", text, "", "") == ""


@pytest.mark.parametrize("author", ["Ann Reuters", "Tom Spa", "Bloomberg Opinion", "pa", "Papa Ap", "Ann Lee", "admin"])
def test_people_are_no_agencies(author: str) -> None:
    """A name counts as a whole only, and in its own capitals where it is also a word."""
    assert origin_of("", "", author, "") == ""


def test_the_source_and_the_outlet_behind_a_headline_count() -> None:
    """An aggregator names the outlet there; a name that is a word is not taken from a headline."""
    assert origin_of("Ferries stopped", "", "", "The Associated Press") == "ap"
    assert origin_of("Ferries stopped - Reuters", "", "", "") == "reuters"
    assert origin_of("A day at the water - SPA", "", "", "") == ""
    assert origin_of("Reuters: ferries stopped", "", "", "Harbour News") == ""
