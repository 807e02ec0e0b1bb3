"""`monitor stories list --below`, and what `status` and `stories show` say of a budget."""

from dataclasses import replace

from monitor.digests.budget import parse_budget
from tests.cli.newsroom import TOPICS, WATCHLIST, Newsroom
from tests.pipeline.given import an_entry

BUDGETED = (replace(TOPICS[0], at_most=parse_budget("1 per week")), TOPICS[1])


def test_what_fell_below_is_listed_with_score_and_reason(newsroom: Newsroom) -> None:
    """The best first; for a program the bar of every budget beside it; status says how the bar stands."""
    newsroom.configure(watchlist=WATCHLIST.replace('"every 1h"', '"every 1h"\nat_most = "1 per week"'))
    newsroom.read_first()
    newsroom.read(an_entry(1), an_entry(2))
    newsroom.tell(topics=BUDGETED)

    shown = newsroom.run("stories", "list", "--below", "hostages")
    assert shown.code == 0
    assert "hostages: at most 1 per week; no bar yet, the places are counted.\n" in shown.out
    assert "not told on console" in shown.out
    assert "no place left this week for its best score of " in shown.out
    assert shown.out.endswith("1 story fell below. All of one: monitor stories show NUMBER\n")
    [record] = newsroom.run("stories", "list", "--below", "Hostages", "--json").records
    assert record["bars"] == {"hostages": {"at_most": "1 per week", "bar": None}}
    assert record["channels"] == ["console"]
    assert str(record["story"]) in shown.out
    assert record["reason"] in newsroom.run("stories", "show", str(record["story"])).out
    assert newsroom.run("stories", "list", "--below", "shipping").out.endswith("Nothing fell below.\n")
    assert ", at most 1 per week: no bar yet" in newsroom.run("status").out
    topics = newsroom.run("status", "--json").records[0]["topics"]
    assert [(one["at_most"], one["bar"]) for one in topics] == [("1 per week", None), (None, None)]


def test_a_faulty_budget_is_refused_with_its_line(newsroom: Newsroom) -> None:
    """File, line, and what to write."""
    newsroom.configure(watchlist=WATCHLIST.replace('"every 1h"', '"every 1h"\nat_most = "8 a day"'))
    ended = newsroom.run("check")
    assert ended.code == 2
    assert 'watchlist.toml:7: topic "hostages": `at_most`: "8 a day" is not a count and a span.' in ended.out
    assert 'Write how many per hour, day or week, as in "8 per day".' in ended.out
