"""Adding and removing feeds: what was asked for, and not one byte more."""

import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.edit import add_feed, add_feeds, remove_feed, write_feeds
from monitor.config.faults import ConfigFaults
from monitor.config.feeds import new_feeds
from monitor.config.files import BOM, read_config_file
from monitor.config.load import load
from monitor.errors import ConfigError
from monitor.feeds.opml import read_opml, write_opml
from monitor.model.feeds import FOLDERS_MAX, FeedSpec
from tests.config.folder import FEEDS, write_folder

NEW = FeedSpec("Third \"one\" 'é'", "https://third.example.org/feed", "pt-BR", 0.5)


def test_an_added_feed_stands_at_the_end(tmp_path: Path) -> None:
    """The file's own text stays byte for byte, and the new block can be read as it was meant."""
    folder = write_folder(tmp_path / "config")
    add_feed(folder, NEW)
    text = (folder / "feeds.toml").read_text()
    assert text.startswith(FEEDS)
    assert tomllib.loads(text)["feeds"][2] == {"name": NEW.name, "url": NEW.url, "language": "pt-BR", "weight": 0.5}


def test_a_folder_is_kept_on_the_way_in_and_out(tmp_path: Path) -> None:
    """From a list of another program into feeds.toml, and as `load` gives it to whoever exports it."""
    folder = write_folder(tmp_path / "config", feeds="")
    deep = "/".join(f"Level {n}" for n in range(FOLDERS_MAX))
    add_feeds(
        folder,
        [
            FeedSpec("A", "https://a.example.org/", folder='World/"Africa" & Asia'),
            FeedSpec("B", "https://b.example.org/", folder=deep),
        ],
    )
    assert [feed.folder for feed in load(folder, {}).feeds] == ['World/"Africa" & Asia', deep]
    assert [feed.folder for feed in read_opml(write_opml(load(folder, {}).feeds, "x").encode(), "x")] == [
        'World/"Africa" & Asia',
        deep,
    ]


@pytest.mark.parametrize("folder", ["/World", "World/", "World//Africa", " World", "a\\u0000b", "/".join("x" * 60)])
def test_a_folder_that_no_list_can_hold_is_a_fault(tmp_path: Path, folder: str) -> None:
    """Written by hand, it says what to write instead."""
    feeds = f'[[feeds]]\nurl = "https://a.example.org/"\nfolder = "{folder}"\n'
    with pytest.raises(ConfigFaults, match=r"feeds\.toml:3: .*`folder` (is|has)"):
        load(write_folder(tmp_path / "config", feeds=feeds), {})


def test_usual_values_are_not_written(tmp_path: Path) -> None:
    """A feed without a language and of weight 1 is two lines."""
    folder = write_folder(tmp_path / "config", feeds="")
    add_feed(folder, FeedSpec("A", "https://a.example.org/"))
    assert (folder / "feeds.toml").read_text() == '\n[[feeds]]\nname = "A"\nurl = "https://a.example.org/"\n'


def test_the_removed_feed_alone_goes(tmp_path: Path) -> None:
    """Comments above and below a feed that is taken out stay."""
    feeds = (
        FEEDS.replace('\n[[feeds]]\nname = "Harbour', '\n# ── Harbours ──\n\n[[feeds]]\nname = "Harbour') + "# end\n"
    )
    folder = write_folder(tmp_path / "config", feeds=feeds)
    remove_feed(folder, "Harbour Daily")
    expected = FEEDS[: FEEDS.index('\n[[feeds]]\nname = "Harbour')] + "\n# ── Harbours ──\n\n# end\n"
    assert (folder / "feeds.toml").read_text() == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["# note\n", "\n", "[[feeds]]\n", "[[feeds]]  # why\n"]), max_size=8),
    st.data(),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_untouched_lines_stay_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], data: st.DataObject, newline: str, has_bom: bool
) -> None:
    """Whatever a file looks like, an edit leaves every other line as it was, in its order, byte for byte."""
    text, names = "", []
    for number, piece in enumerate(pieces):
        if piece.startswith("[["):
            names.append(f"F{number}")
            piece += f"url = 'https://h{number}.example.org/'\nname = '{names[-1]}'  # {number}\n"
        text += piece
    body = (BOM if has_bom else b"") + text.replace("\n", newline).encode()
    folder = write_folder(tmp_path_factory.mktemp("edit"))
    path = folder / "feeds.toml"
    path.write_bytes(body)
    add_feed(folder, NEW)
    assert path.read_bytes().startswith(body)
    name = data.draw(st.sampled_from([*names, NEW.name]))
    before = path.read_bytes().removeprefix(BOM).split(b"\n")
    remove_feed(folder, name)
    after = path.read_bytes().removeprefix(BOM).split(b"\n")
    gone = list(before)
    for line in after:  # a subsequence: nothing new, nothing moved
        assert line in gone
        gone = gone[gone.index(line) + 1 :]
    lost = [line for line in before if line.strip() and line not in after]
    assert len([line for line in before if line.strip()]) - len([line for line in after if line.strip()]) <= 5
    assert all(not line.startswith(b"#") for line in lost)
    assert name not in [
        feed.get("name") for feed in tomllib.loads(path.read_bytes().decode("utf-8-sig")).get("feeds", [])
    ]


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (FeedSpec("Gulf Wire", "https://new.example.org/"), "`name` is that of the feed on line 2"),
        (FeedSpec("New", "https://wire.example.org/rss.xml"), "`url` is that of the feed on line 2"),
        (FeedSpec("New", "javascript:alert(1)"), "not an address"),
        (FeedSpec("New", "https://new.example.org/", weight=99), "It must be at most 10"),
    ],
)
def test_what_would_not_load_is_not_written(tmp_path: Path, feed: FeedSpec, expected: str) -> None:
    """An edit that would break the file leaves it alone and says why; of several feeds none is added."""
    folder = write_folder(tmp_path / "config")
    with pytest.raises(ConfigFaults, match=expected):
        add_feeds(folder, [NEW, feed])
    assert (folder / "feeds.toml").read_text() == FEEDS
    assert sorted(path.name for path in folder.iterdir()) == ["feeds.toml", "watchlist.toml"]


def test_what_a_feed_claims_amiss_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """A feed that calls its language en_US, or nothing that is one, can be added all the same."""
    folder = write_folder(tmp_path / "config", feeds="")
    add_feeds(
        folder,
        [
            FeedSpec("A", "https://a.example.org/", language="en_US"),
            FeedSpec("B", "https://b.example.org/", language="English, mostly"),
        ],
    )
    assert [feed.language for feed in load(folder, {}).feeds] == ["en-US", None]


def test_a_list_of_another_program_can_be_added_whole(tmp_path: Path) -> None:
    """What is known already is left out, and names that are taken are told apart by their host."""
    folder = write_folder(tmp_path / "config")
    known = load(folder, {}).feeds
    found = [
        FeedSpec("Gulf Wire", "HTTPS://Wire.example.org/rss.xml"),
        FeedSpec("Gulf Wire", "https://other.example.org/"),
        FeedSpec("", "https://nameless.example.org/"),
        FeedSpec("Twice", "https://nameless.example.org/#again"),
        FeedSpec("Gulf wire", "https://other.example.org/2"),
    ]
    new = new_feeds(known, found)
    names = ["Gulf Wire (other.example.org)", "nameless.example.org", "Gulf wire (other.example.org, 2)"]
    assert [feed.name for feed in new] == names
    add_feeds(folder, new)
    assert len(load(folder, {}).feeds) == 5


def test_a_file_that_is_faulty_already_is_left_alone(tmp_path: Path) -> None:
    """Half-finished work of a person is not edited around."""
    folder = write_folder(tmp_path / "config", feeds=FEEDS + "[[feeds]]\n")
    with pytest.raises(ConfigFaults, match="The file was left as it is"):
        add_feed(folder, NEW)


def test_a_feed_that_is_not_there(tmp_path: Path) -> None:
    """Removing what does not stand in the file is told, with the nearest name."""
    with pytest.raises(ConfigError, match=r'there is no feed "Gulf Wires"\. Did you mean "Gulf Wire"'):
        remove_feed(write_folder(tmp_path / "config"), "Gulf Wires")


def test_feeds_in_one_list_are_left_to_a_person(tmp_path: Path) -> None:
    """A layout we would have to rewrite is refused with its line, not rewritten."""
    folder = write_folder(tmp_path / "config", feeds='\nfeeds = [{ url = "https://a.example.org/" }]\n')
    with pytest.raises(ConfigError, match=r"feeds.toml:2: the feeds stand in one list"):
        add_feed(folder, NEW)


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    """A file that is mounted by a link is edited where it lies; who may read it does not change."""
    folder = write_folder(tmp_path / "config")
    (folder / "feeds.toml").rename(tmp_path / "shared.toml")
    (tmp_path / "shared.toml").chmod(0o640)
    (folder / "feeds.toml").symlink_to(tmp_path / "shared.toml")
    add_feed(folder, NEW)
    assert (folder / "feeds.toml").is_symlink()
    assert NEW.url in (tmp_path / "shared.toml").read_text()
    assert (tmp_path / "shared.toml").stat().st_mode & 0o777 == 0o640


def test_an_edit_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    """A file that was saved between our reading and our writing stays as it was saved."""
    folder = write_folder(tmp_path / "config")
    file = read_config_file(folder / "feeds.toml", "config/feeds.toml")
    (folder / "feeds.toml").write_text(FEEDS + "# a person's note\n")
    with pytest.raises(ConfigError, match="was changed by somebody else meanwhile"):
        write_feeds(file, FEEDS + "# ours\n", [dict(feed) for feed in tomllib.loads(FEEDS)["feeds"]])
    assert (folder / "feeds.toml").read_text() == FEEDS + "# a person's note\n"
    assert sorted(path.name for path in folder.iterdir()) == ["feeds.toml", "watchlist.toml"]


def test_commands_at_the_same_moment_do_not_lose_each_other_s_feeds(tmp_path: Path) -> None:
    """Eight edits at once all arrive."""
    folder = write_folder(tmp_path / "config", feeds="")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add_feed(folder, FeedSpec(f"F{n}", f"https://h{n}.example.org/")), range(8)))
    assert {feed.name for feed in load(folder, {}).feeds} == {f"F{number}" for number in range(8)}


def test_no_folder_no_edit(tmp_path: Path) -> None:
    """Where there is no folder the message names it, and nothing is made."""
    with pytest.raises(ConfigError, match="Name the folder with --config DIR"):
        add_feed(tmp_path / "none", NEW)
    assert not (tmp_path / "none").exists()
