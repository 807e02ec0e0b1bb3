"""`monitor stories`: listed, shown with every why, merged and split; and `explain` says so."""

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.model import Dedup
from monitor.pipeline.sweep import Retention, sweep
from tests.cli.newsroom import TOPICS, Newsroom
from tests.pipeline.given import a_wire_copy, an_entry

EVENT = an_entry(5, outlet=1)


@pytest.fixture(autouse=True)
def _known_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is Ada."""
    monkeypatch.setenv("LOGNAME", "ada")


def with_stories(newsroom: Newsroom) -> tuple[str, str, str]:
    """A wire text in two outlets and an event of a third, all told: the numbers of the two prints and the event."""
    newsroom.read_first()
    newsroom.read(a_wire_copy(0))
    newsroom.read(a_wire_copy(1), outlet=1)
    newsroom.read(EVENT, outlet=2)
    newsroom.tell()
    found = [newsroom.run("explain", link, "--json").records[0] for link in (a_wire_copy(0).link, a_wire_copy(1).link)]
    event = newsroom.run("explain", EVENT.link, "--json").records[0]
    return str(found[0]["article"]), str(found[1]["article"]), str(event["article"])


def test_the_newest_stories_with_what_they_hold(newsroom: Newsroom) -> None:
    """Title, articles, publishers, independent texts and where they were told; one object a line for programs."""
    wire, _, event = with_stories(newsroom)
    shown = newsroom.run("stories", "list")
    assert shown.code == 0
    assert '"Mediators say talks about valley hostage resume within days"' in shown.out
    assert "2 articles, 2 publishers, 1 independent text; told on console" in shown.out
    assert shown.out.endswith("2 stories.\n")
    records = newsroom.run("stories", "list", "--topic", "Hostages", "--since", "24h", "--json").records
    assert [str(record["story"]) for record in records] == [event, wire]
    assert (records[1]["publishers"], records[1]["independent_texts"], records[1]["topics"]) == (2, 1, {"hostages": 2})
    assert records[1]["told"][0]["channel"] == "console"
    assert len(newsroom.run("stories", "list", "--limit", "1", "--json").records) == 1
    assert newsroom.run("stories", "list", "--since", "10m").out == "There is no such story.\n"
    assert newsroom.run("stories", "list", "--topic", "shipping").out == "There is no such story.\n"


def test_a_story_is_shown_with_how_each_article_came_into_it(newsroom: Newsroom) -> None:
    """New, copy or report, of which, and why; publisher; every telling. By any of its articles too."""
    wire, copy, _ = with_stories(newsroom)
    shown = newsroom.run("stories", "show", copy)
    assert shown.code == 0
    for words in (
        f"Story {wire}: Mediators say talks",
        f"article {copy} stands in it",
        "2 articles for hostages",
        f"{wire}  new",
        f"{copy}  copy of {wire}",
        "because: ",
        "Outlet 1 (outlet1.example)",
        "console: told ",
        "first telling",
    ):
        assert words in shown.out, words
    [record] = newsroom.run("stories", "show", wire, "--json").records
    assert [(member["relation"], member["publisher"]) for member in record["members"]] == [
        ("new", "outlet0.example"),
        ("copy", "outlet1.example"),
    ]
    assert (record["told"][0]["delivered"], record["changes"], record["merged"]) == (True, [], [])


def test_what_was_told_of_one_article_alone_names_it(newsroom: Newsroom) -> None:
    """With `dedup = "off"` or `"strict"` a story is told in parts, of which one may be told and the next held back."""
    each = [replace(topic, dedup=Dedup.OFF) for topic in TOPICS]
    texts = [replace(topic, dedup=Dedup.STRICT) for topic in TOPICS]
    newsroom.read_first(topics=each)
    newsroom.read(a_wire_copy(0))
    newsroom.read(a_wire_copy(1), outlet=1)
    newsroom.tell(topics=each)
    records = newsroom.run("stories", "show", "1", "--json").records
    wire, copy = (member["article"] for member in records[0]["members"])
    for words in (("stories", "show", str(wire)), ("explain", str(wire)), ("explain", str(copy))):
        told = [line for line in newsroom.run(*words).out.splitlines() if line.endswith("first telling")]
        assert [f", article {copy}: " in line for line in told] == [False, True]
        assert f", article {wire}: " not in "".join(told)
    newsroom.now += timedelta(hours=2)
    newsroom.read(a_wire_copy(2), outlet=2)
    newsroom.tell(topics=texts)
    [explained] = newsroom.run("explain", str(copy), "--json").records
    assert [one["key"] for one in explained["told"]] == [wire, copy]
    assert [one["key"] for one in explained["held_back"]] == [wire]


def test_two_stories_are_merged_and_parted_again(newsroom: Newsroom) -> None:
    """Who, when and why stays to be seen, `explain` follows, and neither tells anything."""
    wire, copy, event = with_stories(newsroom)
    done = newsroom.run("stories", "merge", event, wire, "--reason", "one event")
    assert done.code == 0
    assert f"story {event} (1 article) was merged into story {wire}, " in done.out
    assert " by ada: one event" in done.out
    assert "3 articles now. Nothing is told by this." in done.out
    shown = newsroom.run("stories", "show", event)
    assert f"Story {wire}: " in shown.out
    assert f"story {event} was merged into it" in shown.out
    assert shown.out.count("console: told ") == 2
    assert "Changed by hand" in shown.out
    explained = newsroom.run("explain", EVENT.link)
    assert f"opened a story of its own; it stands in story {wire} (3 articles) now" in explained.out
    assert f"by hand: story {event} (1 article) was merged into story {wire}, " in explained.out
    [record] = newsroom.run("stories", "split", wire, wire, "--by", "Bo", "--json").records
    assert (record["kind"], record["articles"], record["along"]) == ("split", [int(event)], [])
    shown = newsroom.run("stories", "show", event)
    assert f"Story {event}: Mayor of" in shown.out
    assert re.search(rf"console: counts as told since \d+ \w+ \d\d:\d\d: split from story {wire}", shown.out)
    assert f"article {event} went from story {wire} to story {event}, " in newsroom.run("explain", event).out
    assert "console: counts as told since " in newsroom.run("explain", event).out
    assert newsroom.run("explain", event, "--json").records[0]["story"]["changes"][1]["by"] == "Bo"
    newsroom.now += timedelta(hours=8)
    newsroom.tell()
    assert len(newsroom.run("outbox", "list", "--all", "--json").records) == 1
    assert newsroom.run("stories", "split", wire, copy).code == 0


def test_copies_that_go_along_are_named(newsroom: Newsroom) -> None:
    """A person named one print, and its copies went with it."""
    wire, copy, event = with_stories(newsroom)
    newsroom.run("stories", "merge", wire, event)
    done = newsroom.run("stories", "split", wire, event)
    assert "With it went" not in done.out
    newsroom.run("stories", "merge", wire, event)
    assert f"With it went the copy of its text: {copy}." not in newsroom.run("stories", "split", wire, wire).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "99999"), 1, "there is no story or article 99999. See: monitor stories list"),
        (("merge", "99999", "99998"), 1, "there is no story 99999"),
        (("split", "99999", "1"), 1, "there is no story 99999"),
        (("list", "--topic", "nobody"), 1, 'there is no topic "nobody"'),
        (("show", "talks"), 2, "'talks' is not a number of a story or an article"),
        (("show", "-1"), 2, ""),
        (("show", "99999999999999999999"), 2, "is not a number"),
        (("show", "٣"), 2, "is not a number"),
        (("merge", "1"), 2, "required: STORY"),
        (("split", "1"), 2, "required: ARTICLE"),
        (("list", "--since", "yesterday"), 2, "yesterday"),
        (("list", "--limit", "0"), 2, "'0' is not a whole number from 1 to 10,000"),
        ((), 2, "list|show|merge|split"),
    ],
)
def test_what_is_not_there_is_1_and_wrong_use_is_2(
    newsroom: Newsroom, words: tuple[str, ...], code: int, said: str
) -> None:
    """With what to do about it."""
    newsroom.read_first()
    try:
        ended = newsroom.run("stories", *words)
        found = (ended.code, ended.err)
    except SystemExit as end:
        found = (int(str(end.code)), newsroom.capsys.readouterr().err)
    assert found[0] == code
    assert said in found[1]


def test_hostile_text_does_not_reach_the_terminal(newsroom: Newsroom) -> None:
    """Neither a headline's escapes nor a reason's."""
    newsroom.read_first()
    newsroom.read(
        replace(a_wire_copy(0), title="Hostage \x1b[31mred\u202e talks go on in the valley", source="W\x07ire")
    )
    newsroom.read(EVENT, outlet=1)
    records = newsroom.run("stories", "list", "--json").records
    one, other = (str(record["story"]) for record in records)
    merged = newsroom.run("stories", "merge", one, other, "--reason", "a\x1b]0;b", "--by", "\x9bx")
    for ended in (merged, newsroom.run("stories", "list"), newsroom.run("stories", "show", one)):
        assert ended.code == 0
        assert not {"\x1b", "\u202e", "\x07", "\x9b"} & set(ended.out)


def test_a_story_outlives_its_articles(newsroom: Newsroom) -> None:
    """Past the retention it is still there to be shown and merged, with what was told of it."""
    wire, _, event = with_stories(newsroom)
    with newsroom.store() as store:
        sweep(store, Retention(articles_days=8), newsroom.now + timedelta(days=30))
    shown = newsroom.run("stories", "show", wire)
    assert "(its articles are past the retention)" in shown.out
    assert "2 articles more, past the retention" in shown.out
    assert "console: told " in shown.out
    assert "(its articles are past the retention)" in newsroom.run("stories", "list").out
    assert newsroom.run("stories", "merge", wire, event).code == 0
