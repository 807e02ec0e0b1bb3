"""`monitor doctor`: each part is tried, and what is wrong is said with what to do."""

from datetime import timedelta

from monitor.topics.vectors import find_model
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry

PARTS = ["configuration", "database", "clock", "disk", "semantic", "console"]


def test_where_all_is_well_each_part_says_so(newsroom: Newsroom) -> None:
    """Exit 0, a line per part; with the extra the model's file and its hash."""
    newsroom.read_first(an_entry(1))
    shown, records = newsroom.run("doctor"), newsroom.run("doctor", "--json").records
    assert shown.code == 0
    assert [record["part"] for record in records] == PARTS
    assert all(record["well"] for record in records)
    assert "3 feeds, 2 topics." in shown.out
    assert "can be read and written: 1 article." in shown.out
    found = find_model()
    expected = (
        "not installed" if found is None else f"{found.model} (22 MB, SHA-256 {found.sha256()}) gives vectors of 384"
    )
    assert expected in shown.out


def test_a_faulty_file_is_told_and_the_rest_is_tried(newsroom: Newsroom) -> None:
    """The moment at which one asks is the moment at which something is wrong."""
    (newsroom.folder / "watchlist.toml").write_text("[topics.x]\nnam = 'y'\n")
    shown = newsroom.run("doctor", "--json")
    assert shown.code == 1
    assert [record["part"] for record in shown.records if not record["well"]] == ["configuration"]
    assert [record["part"] for record in shown.records] == PARTS
    assert "watchlist.toml:1: " in shown.out


def test_without_monitor_toml_nothing_else_can_be_tried(newsroom: Newsroom) -> None:
    """It says where everything is."""
    (newsroom.folder / "monitor.toml").write_text("[database\n")
    shown = newsroom.run("doctor", "--json")
    assert (shown.code, [record["part"] for record in shown.records]) == (1, ["configuration"])


def test_a_fresh_installation_is_well(newsroom: Newsroom) -> None:
    """No archive yet is no fault."""
    newsroom.configure(database="elsewhere.db")
    shown = newsroom.run("doctor")
    assert shown.code == 0
    assert "is not there yet: monitor run makes it" in shown.out


def test_a_damaged_database_and_a_clock_gone_wrong_are_told(newsroom: Newsroom) -> None:
    """Each with its remedy, and neither hides the other parts."""
    with newsroom.store() as store, store.write() as tx:
        tx.topics.beat("daemon", newsroom.now + timedelta(days=1))
    shown = newsroom.run("doctor")
    assert shown.code == 1
    assert "clock         NOT WELL: it is " in shown.out
    (newsroom.path / "monitor.db").write_bytes(b"no database" * 1000)
    shown = newsroom.run("doctor", "--json")
    assert shown.code == 1
    assert [record["part"] for record in shown.records if not record["well"]][:1] == ["database"]
    assert "disk" in [record["part"] for record in shown.records]


def test_a_switch_in_the_configuration_is_told(newsroom: Newsroom) -> None:
    """Off on purpose is well."""
    path = newsroom.folder / "monitor.toml"
    path.write_text(path.read_text() + "[matching]\nsemantic = false\n")
    shown = newsroom.run("doctor")
    assert shown.code == 0
    assert "semantic      well: switched off" in shown.out
