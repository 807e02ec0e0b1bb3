"""`monitor watchlist audit` and `add-name`: what was nearly found, by which term it would be, and its addition."""

import argparse

import pytest

from monitor.cli import watchlist_add_name, watchlist_audit
from monitor.model import NoMatch
from tests.cli.newsroom import WATCHLIST, Newsroom
from tests.pipeline.given import SHIPPING, an_entry, articles_of


def run_verb(newsroom: Newsroom, *words: str) -> str:
    """The verb's own run, whoever lists it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default=str(newsroom.folder))
    actions = parser.add_subparsers(dest="action", required=True)
    verbs = {verb.NAME: verb for verb in (watchlist_audit, watchlist_add_name)}
    for verb in verbs.values():
        verb.add_parser(actions)
    args = parser.parse_args(words)
    newsroom.capsys.readouterr()
    assert verbs[args.action].run(args) == 0
    return newsroom.capsys.readouterr().out


def test_near_misses_name_the_term_that_would_have_caught_them(newsroom: Newsroom) -> None:
    """Counted, planned, shown with titles and the command; which adds it, and then they are found."""
    newsroom.read_first()
    newsroom.read(
        *(an_entry(n, about="smugglers") for n in range(6)), *(an_entry(n, about="fair") for n in range(20, 60))
    )
    with newsroom.store() as store:
        missed = [one.article.id for one in articles_of(store) if "smugglers" in one.article.title]
        with store.write() as tx:
            misses = [NoMatch(SHIPPING, number, 20, "only some of it", near=True) for number in missed]
            tx.matches.record_near(misses, newsroom.now)

    shown = run_verb(newsroom, "audit", "shipping")
    assert shown.startswith("shipping: 6 near misses.\n  smugglers: catches 6 of them; +6 -0 stories in ")
    assert "add it: monitor watchlist add-name shipping smugglers\n" in shown
    assert shown.count('      "Mayor of ') == 3
    assert run_verb(newsroom, "audit", "hostages") == "hostages: no near misses.\n"

    assert "shipping looks for smugglers too." in run_verb(newsroom, "add-name", "shipping", "smugglers")
    assert 'name = "Tanker attacks"\nalso = ["smugglers"]\n' in (newsroom.folder / "watchlist.toml").read_text()
    assert run_verb(newsroom, "audit", "shipping").startswith("shipping: no near misses")


def test_a_name_that_would_break_a_stored_example_is_not_added(newsroom: Newsroom) -> None:
    """An address, and a file: what must not match is tried with the name, and nothing is written."""
    newsroom.read_first()
    newsroom.read(an_entry(1, about="smugglers"), an_entry(2, about="ferry"))
    with newsroom.store() as store:
        url = next(one.article.url for one in articles_of(store) if "smugglers" in one.article.title)
    (newsroom.folder / "examples").mkdir()
    (newsroom.folder / "examples" / "not.txt").write_text("Harbour festival opens\nWith pirates and ferries.")
    examples = f'exclude = "drill"\nmust_not_match = ["{url}", {{ file = "examples/not.txt" }}]\n'
    newsroom.configure(watchlist=WATCHLIST.replace('exclude = "drill"\n', examples))
    before = (newsroom.folder / "watchlist.toml").read_text()

    for name, said in (("smugglers", "Mayor of"), ("pirates", "examples/not.txt")):
        ended = newsroom.run("watchlist", "add-name", "shipping", name)
        assert ended.code == 2
        assert said in ended.out + ended.err
        assert "The file was left as it is" in ended.out + ended.err
        assert (newsroom.folder / "watchlist.toml").read_text() == before
    added = newsroom.run("watchlist", "add-name", "shipping", "frigates").out
    assert "shipping looks for frigates too.\nA running monitor takes it within two seconds." in added
    monitor = newsroom.folder / "monitor.toml"
    monitor.write_text(monitor.read_text() + '[watchlist]\napply = "planned"\n')
    assert (
        "It waits for you to see what it brings: monitor plan"
        in newsroom.run("watchlist", "add-name", "shipping", "corvettes").out
    )
    assert newsroom.run("check").code == 0


def test_an_unknown_topic_is_told_with_those_there_are(newsroom: Newsroom) -> None:
    """As every command does."""
    with pytest.raises(Exception, match="there is no topic"):
        run_verb(newsroom, "audit", "nothing")
