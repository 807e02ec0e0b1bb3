"""What a page says of its article: the publisher's record, the paragraphs, the summary, in this order."""

import json

import pytest

from monitor.feeds.page import HEADLINES_MAX, TEXT_CHARS_MAX, read_headlines, read_page
from monitor.feeds.readable import find_paragraphs
from monitor.model import PageRoad, PageText
from tests.costs import at_most
from tests.feeds.pages import BODY, article_page, record_page


def road_of(page: str, *, longer_than: int = 0) -> PageText:
    """The page read with everything there is."""
    return read_page(page.encode(), None, longer_than=longer_than, find_paragraphs=find_paragraphs)


def test_the_publishers_own_record_comes_first() -> None:
    """The record is taken although the page has paragraphs, and what stands around it is not."""
    found = road_of(record_page({"@type": "NewsArticle", "articleBody": BODY}))
    assert found == PageText(BODY, PageRoad.JSON_LD)


@pytest.mark.parametrize(
    "record",
    [
        [{"@type": "BreadcrumbList"}, {"@type": ["Thing", "ReportageNewsArticle"], "articleBody": BODY}],
        {"@graph": [{"@type": "WebSite"}, {"@type": "http://schema.org/Article", "articleBody": BODY}]},
        {"@type": "WebPage", "mainEntity": {"@type": "LiveBlogPosting", "articleBody": BODY}},
        {"@type": "NewsArticle", "articleBody": f"&lt;p&gt;{BODY}&lt;/p&gt;"},
        {"@type": "NewsArticle", "articleBody": f"<p>{BODY}</p><script>steal()</script>"},
        {"@type": "NewsArticle", "articleBody": [BODY, 7]},
    ],
)
def test_a_record_is_found_where_publishers_put_it(record: object) -> None:
    """In lists, in graphs, under the page's main entity, as markup or as text."""
    assert road_of(record_page(record)) == PageText(BODY, PageRoad.JSON_LD)


@pytest.mark.parametrize(
    "block",
    ["{broken", "[" * 100_000, '"text"', "null", '{"@type": 7}', '{"@type": "NewsArticle", "articleBody": {"a": 1}}'],
)
def test_a_record_that_makes_no_sense_is_passed_over(block: str) -> None:
    """The paragraphs are still there."""
    page = article_page(head=f'<script type="application/ld+json">{block}</script>')
    found = road_of(page)
    assert found.road is PageRoad.PARAGRAPHS
    assert BODY.split("\n")[0] in found.text


def test_a_record_in_the_clothes_of_old_scripts_is_read() -> None:
    """Line breaks inside strings and marks for browsers of the nineties."""
    block = f'//<![CDATA[\n{{"@type": "NewsArticle", "articleBody": "{BODY}"}}\n//]]>'
    assert road_of(f"<script type='application/ld+json'>{block}</SCRIPT>").text == BODY


def test_other_articles_of_a_list_are_not_this_one() -> None:
    """A list of what else is read names bodies now and then; they belong to other pages."""
    others = {"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "articleBody": "Another. " * 200}]}
    assert "Another" not in road_of(record_page(others)).text


def test_paragraphs_come_without_what_stands_around_them() -> None:
    """Menu, footer and hints are no part of the article."""
    found = road_of(article_page())
    assert found.road is PageRoad.PARAGRAPHS
    assert found.text.split("\n") == ["Ferries stay in port", *BODY.split("\n")]


def test_a_summary_comes_last_and_only_if_it_says_more() -> None:
    """What the feed said already is no gain; a paywalled page often has nothing else."""
    page = (
        '<head><meta property="og:description" content="Ferries &amp; bridges &quot;closed&quot;"></head><body></body>'
    )
    assert road_of(page) == PageText('Ferries & bridges "closed"', PageRoad.DESCRIPTION)
    assert road_of(page, longer_than=26) == PageText()
    long = {"@type": "Article", "description": BODY}
    assert road_of(record_page(long, body="")) == PageText(BODY, PageRoad.JSON_LD)


def test_a_stub_that_holds_no_more_than_the_feed_gives_nothing() -> None:
    """A wall that shows two sentences is not an article."""
    stub = "<html><body><article><p>The ferries stay in port. Subscribe to read on.</p></article></body></html>"
    assert road_of(stub, longer_than=200) == PageText()


def test_a_page_that_names_its_charset_late_is_read_in_it() -> None:
    """Behind ten thousand characters of scripts; and what the server says counts before it."""
    text = "Überfähren in Łódź stehen still. " * 20
    page = f'<html><head><script>{"x" * 10_000}</script><meta charset="iso-8859-2"></head><body><p>{text}</p></body>'
    body = page.replace("Ü", "U").encode("iso-8859-2")
    found = read_page(body, None, longer_than=0, find_paragraphs=find_paragraphs)
    assert "Łódź" in found.text
    assert "Łódź" not in read_page(body, "koi8-r", longer_than=0, find_paragraphs=find_paragraphs).text


def test_a_long_text_is_cut_and_a_hostile_page_ends() -> None:
    """Megabytes of body, of unclosed tags and of records cost a bounded time and give a bounded text."""
    long = json.dumps({"@type": "Article", "articleBody": "ferry " * 400_000})
    assert len(road_of(f'<script type="application/ld+json">{long}</script>').text) == TEXT_CHARS_MAX
    with at_most(200):
        for hostile in ("<meta content='", "<script type=ld+json>", "<meta charset", "<script " * 3, "<meta a=b "):
            assert read_page((hostile * 20_000).encode(), None, longer_than=0) == PageText()


def test_without_the_extra_the_records_are_read_all_the_same() -> None:
    """The library that finds paragraphs is no part of the base install."""
    page = record_page({"@type": "NewsArticle", "articleBody": BODY}).encode()
    assert read_page(page, None, longer_than=0).text == BODY
    assert read_page(article_page().encode(), None, longer_than=0) == PageText()


def test_a_pages_headlines_are_read_wherever_they_stand() -> None:
    """As it is shared, as readers see it, in the record and in the title; each once, cleaned."""
    record = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "In the record"}</script>'
    head = f'<meta property="og:title" content="As &quot;shared&quot; &amp; seen">{record}'
    page = article_page(head=head, title="Ferries <b>stay</b>\u202e in port")
    page = page.replace("<title>Ferries <b>stay</b>\u202e in port", "<title>Ferries stay in port | Courier")
    assert read_headlines(page.encode(), None).titles == (
        'As "shared" & seen',
        "Ferries stay in port",
        "In the record",
        "Ferries stay in port | Courier",
    )
    assert read_headlines("<TITLE>Übung am Kai</TITLE>".encode("latin-1"), "iso-8859-1").titles == ("Übung am Kai",)
    assert read_headlines(b"\xff\xfe no page", None).titles == ()


def test_headlines_of_a_hostile_page_are_few_and_short() -> None:
    """Megabytes of headings that never end, and a page of records, give a bounded answer."""
    for hostile in ("<h1 ", "<h1>x", "<title ", "<meta property='og:title' content='"):
        assert len("".join(read_headlines((hostile * 50_000).encode(), None).titles)) < 2_000
    records = [json.dumps({"@type": "Article", "headline": f"Number {n}"}) for n in range(90)]
    page = "".join(f'<script type="application/ld+json">{record}</script>' for record in records)
    assert len(read_headlines(page.encode(), None).titles) == HEADLINES_MAX
