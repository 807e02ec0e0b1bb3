"""Labels that outlets of many languages put before a headline."""

import pytest

from monitor.stories.normal import body, headline


@pytest.mark.parametrize(
    ("labelled", "plain"),
    [
        ("EILMELDUNG: Fähren stehen still", "Fähren stehen still"),
        ("EN DIRECT - Les bacs sont arrêtés", "Les bacs sont arrêtés"),
        ("ÚLTIMA HORA | Los barcos pararon", "Los barcos pararon"),
        ("СРОЧНО: Паромы стоят", "Паромы стоят"),
        ("عاجل | توقفت العبارات", "توقفت العبارات"),
        ("【速報】フェリーが止まった", "フェリーが止まった"),
        ("[속보] 배가 멈췄다", "배가 멈췄다"),
        ("URGENT - Les bacs sont arrêtés", "Les bacs sont arrêtés"),
        ("Direct talks on ferries", "Direct talks on ferries"),
        ("Срочно нужны паромы", "Срочно нужны паромы"),
    ],
)
def test_a_label_is_no_part_of_a_headline(labelled: str, plain: str) -> None:
    """Only with the mark behind it; a word that begins a headline stays."""
    assert headline(labelled) == plain


@pytest.mark.parametrize(
    "line",
    [
        "Lire la suite",
        "Weiterlesen",
        "Leer más...",
        "Читать далее",
        "اقرأ المزيد",
        "続きを読む",
        "Leggi tutto",
        "Czytaj dalej",
    ],
)
def test_a_line_that_leads_to_more_is_no_part_of_a_text(line: str) -> None:
    """At its end only: the same words in mid-sentence stay."""
    assert body(f"A ferry stopped. {line}") == "A ferry stopped."
    assert line.rstrip(".") in body(f"{line} {'is what the ferry said on that long day ' * 5}")
