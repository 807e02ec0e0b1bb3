"""`monitor explain ARTICLE --keep-as`: kept where it holds, else told what is missing and what to paste."""

import tomllib

import pytest

from monitor.storage.revisions import body_hash
from tests.cli.newsroom import WATCHLIST, Newsroom
from tests.pipeline.given import an_entry


@pytest.fixture
def read(newsroom: Newsroom) -> Newsroom:
    """One whose archive holds an article on a hostage."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    return newsroom


def test_an_article_that_holds_is_kept(read: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its place; once and not twice, its author noted, and `monitor check` content."""
    monkeypatch.setenv("LOGNAME", "ada")
    path = read.folder / "watchlist.toml"
    link = an_entry(1).link
    shown = read.run("explain", link, "--keep-as", "must_match", "hostages")
    assert shown.code == 0
    assert f"{path}:7: kept in `must_match` of hostages:" in shown.out
    example = tomllib.loads(path.read_text())["topics"]["hostages"]["must_match"]
    assert len(example) == 1
    with read.store() as store, store.read() as tx:
        edit = tx.revisions.edit_of(body_hash(path.read_bytes()))
    assert edit is not None
    assert edit.author == "cli:ada"
    assert edit.note.startswith("must_match of hostages: ")
    again = read.run("explain", link, "--keep-as", "must_match", "Hostages")
    assert again.code == 0
    assert "stands in `must_match` already" in again.out
    assert read.run("check").code == 0
    assert read.run("explain", link, "--keep-as", "must_not_match", "shipping").code == 0
    assert read.run("check").code == 0


def test_a_missed_article_is_told_with_what_is_missing(read: Newsroom) -> None:
    """Nothing is written: an example that fails would have the next edit refused."""
    shown = read.run("explain", an_entry(1).link, "--keep-as", "must_match", "shipping")
    assert shown.code == 1
    for words in (
        'shipping does not find "',
        'nothing of "Tanker" and "attacks" is there',
        "put into `also`",
        "this line goes into `must_match` of ",
        f'url = "{an_entry(1).link}"',
    ):
        assert words in shown.out, words
    assert (read.folder / "watchlist.toml").read_text() == WATCHLIST


def test_an_article_that_annoys_is_told_with_why_it_is_found(read: Newsroom) -> None:
    """And where to say that it is not meant."""
    shown = read.run("explain", an_entry(1).link, "--keep-as", "must_not_match", "hostages")
    assert shown.code == 1
    assert "hostages finds " in shown.out
    assert "Narrow the query, then ask again." in shown.out
    assert (read.folder / "watchlist.toml").read_text() == WATCHLIST


def test_suggested_terms_that_would_find_it_are_told(newsroom: Newsroom) -> None:
    """Out of the archive, each tried on the article."""
    newsroom.read_first()
    for number in range(1, 9):
        newsroom.read(
            an_entry(number, title=f"Captive freed after hostage deal {number}", summary="The captive is home.")
        )
    newsroom.read(an_entry(20, title="Captive seen on film", summary="A captive was seen."))
    shown = newsroom.run("explain", an_entry(20).link, "--keep-as", "must_match", "hostages")
    assert shown.code == 1
    assert "Each of these terms, joined to the query with OR, would find it:\n    captive" in shown.out


@pytest.mark.parametrize(
    ("wanted", "code", "said"),
    [
        (("must_macth", "hostages"), 2, 'Did you mean "must_match"?'),
        (("must_match", "hostage"), 1, 'Did you mean "hostages"?'),
    ],
)
def test_a_wrong_word_is_told(read: Newsroom, wanted: tuple[str, str], code: int, said: str) -> None:
    """Before anything is looked for."""
    shown = read.run("explain", an_entry(1).link, "--keep-as", *wanted)
    assert (shown.code, said in shown.err) == (code, True)


def test_an_article_that_is_not_there_is_explained(read: Newsroom) -> None:
    """As without the option."""
    shown = read.run("explain", "https://nowhere.example/1", "--keep-as", "must_match", "hostages")
    assert shown.code == 1
    assert "is not in the archive." in shown.out
