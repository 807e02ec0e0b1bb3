"""`never_merge` in feeds.toml: which feeds are kept apart, and names that no feed has."""

from pathlib import Path

import pytest

from monitor.config.load import load
from monitor.stories.apart import Apart, keep_apart
from tests.config.folder import write_folder
from tests.config.test_load import faults_of

OPML = '<opml version="2.0"><body><outline text="Coast Gazette" xmlUrl="https://coast.example.org/rss"/></body></opml>'


def feeds_with(of_wire: str, of_harbour: str = "", top: str = "") -> str:
    """feeds.toml with two feeds and these keys of theirs, beginning on lines 5 and 9 where `top` is one line."""
    return (
        f'{top}\n[[feeds]]\nname = "Gulf Wire"\nurl = "https://wire.example.org/rss.xml"\n{of_wire}\n'
        f'[[feeds]]\nname = "Harbour Daily"\nurl = "https://harbour.example.org/feed"\n{of_harbour}\n'
    )


def apart_of(folder: Path, feeds: str) -> Apart:
    """What such a feeds.toml keeps apart, beside a list of another program with one feed."""
    written = write_folder(folder / "config", feeds=feeds)
    (written / "list.opml").write_text(OPML)
    return keep_apart(load(written, {}).feeds)


def test_nothing_said_keeps_nothing_apart(tmp_path: Path) -> None:
    """Any two feeds may meet."""
    apart = apart_of(tmp_path, feeds_with(""))
    assert not apart
    assert not apart.forbids("Gulf Wire", "Harbour Daily")


def test_what_one_feed_says_holds_both_ways(tmp_path: Path) -> None:
    """Names count in upper and lower case alike, feeds of other programs' lists among them; others may meet."""
    feeds = feeds_with('never_merge = ["harbour DAILY", "Coast Gazette"]', top='opml = ["list.opml"]')
    apart = apart_of(tmp_path, feeds)
    assert apart.forbids("Gulf Wire", "Harbour Daily")
    assert apart.forbids("Harbour Daily", "Gulf Wire")
    assert apart.forbids("Coast Gazette", "Gulf Wire")
    assert not apart.forbids("Coast Gazette", "Harbour Daily")
    assert not apart.forbids("Gulf Wire", "Gulf Wire")


def test_a_star_keeps_a_feed_from_all_others(tmp_path: Path) -> None:
    """Also from feeds that left the configuration; its own articles may meet."""
    apart = apart_of(tmp_path, feeds_with("", 'never_merge = ["*"]'))
    assert apart.forbids("Gulf Wire", "Harbour Daily")
    assert apart.forbids("Harbour Daily", "Gone Since")
    assert not apart.forbids("Harbour Daily", "Harbour Daily")
    assert not apart.forbids("Gulf Wire", "Gone Since")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            'never_merge = ["Harbor Daily"]',
            'feeds.toml:5: feed "Gulf Wire": `never_merge` 1 names "Harbor Daily", and no',
        ),
        ('never_merge = ["Harbor Daily"]', 'Did you mean "Harbour Daily"?'),
        ('never_merge = [\n"*",\n"Nobody"]', "feeds.toml:7: "),
        ('never_merge = ["gulf wire"]', "names the feed itself"),
        ('never_merge = "Harbour Daily"', "Write a list"),
        ('never_merge = [""]', "empty"),
    ],
)
def test_a_name_that_keeps_nothing_apart_is_a_fault(tmp_path: Path, keys: str, expected: str) -> None:
    """With its line, and the name that was meant where one is near."""
    folder = write_folder(tmp_path / "config", feeds=feeds_with(keys))
    assert any(expected in fault for fault in faults_of(folder))


def test_a_list_that_cannot_be_read_makes_no_second_fault(tmp_path: Path) -> None:
    """The feed that is named may stand in it."""
    feeds = feeds_with('never_merge = ["Coast Gazette"]', top='opml = ["gone.opml"]')
    faults = faults_of(write_folder(tmp_path / "config", feeds=feeds))
    assert len(faults) == 1
    assert "gone.opml" in faults[0]
