"""`monitor stories list --below`, and what `status` and `stories show` say of a budget."""

import sqlalchemy as sa
from msgspec.structs import replace

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
    assert "hostages: at most 1 per week; no bar yet, the seats are counted.\n" in shown.out
    assert "not told on console" in shown.out
    assert "no seat left this week for its best score of " in shown.out
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


def test_status_and_check_say_what_budgets_mean(newsroom: Newsroom) -> None:
    """A channel's budget stands in status; check says what is known of each, and what is not known yet."""
    newsroom.configure(watchlist=WATCHLIST.replace('"every 1h"', '"every 1h"\nat_most = "1 per week"'))
    monitor = newsroom.folder / "monitor.toml"
    monitor.write_text(monitor.read_text() + '[channels.console]\nkind = "console"\nat_most = "20 per day"\n')
    newsroom.read_first()
    newsroom.read(an_entry(1), an_entry(2))
    newsroom.tell(topics=BUDGETED)

    assert "  console: at most 20 per day, 1 told today: no bar yet\n" in newsroom.run("status").out
    [status] = newsroom.run("status", "--json").records
    assert status["channel_budgets"] == [{"channel": "console", "at_most": "20 per day", "bar": None, "told": 1}]
    said = newsroom.run("check").out
    assert "  at most 1 per week: too little is stored to say what that means\n" in said
    assert "channel console: at most 20 per day: too little is stored" in said
    records = newsroom.run("check", "--json").records
    assert [one["budget"] and one["budget"]["at_most"] for one in records] == ["1 per week", None]

    with newsroom.store() as store, store.write() as tx:
        tx.connection.execute(sa.text("UPDATE topic SET created_at = '2020-01-01 00:00:00.000000'"))
    said = newsroom.run("check").out
    assert "  at most 1 per week: in the last 14 days 1 of 2 stories would have been told\n" in said
    [record, _] = newsroom.run("check", "--json").records
    assert record["budget"] == {"at_most": "1 per week", "bar": None, "stories": 2, "told": 1, "days": 14.0}


def test_explain_says_the_bar_and_the_best_score(newsroom: Newsroom) -> None:
    """Of the story that was held, with how to see the others."""
    newsroom.configure(watchlist=WATCHLIST.replace('"every 1h"', '"every 1h"\nat_most = "1 per week"'))
    newsroom.read_first()
    newsroom.read(an_entry(1), an_entry(2))
    newsroom.tell(topics=BUDGETED)
    [held] = newsroom.run("stories", "list", "--below", "hostages", "--json").records
    explained = newsroom.run("explain", held["url"]).out
    assert f"no seat left this week for its best score of {held['score']}: at most 1 a week" in explained


def test_none_at_all_is_a_mute_by_a_command_that_there_is(newsroom: Newsroom) -> None:
    """What the fault names can be typed."""
    newsroom.configure(watchlist=WATCHLIST.replace('"every 1h"', '"every 1h"\nat_most = "0 per day"'))
    said = newsroom.run("check").out
    assert "monitor mute topic KEY --for 24h" in said
    newsroom.configure()
    newsroom.read_first()
    assert newsroom.run("mute", "topic", "hostages", "--for", "24h", "--reason", "enough").code == 0
