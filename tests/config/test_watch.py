"""Edits are noticed however they are made; a bad one changes nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config.load import load
from monitor.config.watch import CONTENT_EVERY_S, Change, Watcher
from monitor.errors import ConfigError
from tests.config.folder import FEEDS, WATCHLIST, write_folder
from tests.fakes.clock import FakeClock

MORE = WATCHLIST + '\n[topics.floods]\nname = "Floods"\n'
BAD = WATCHLIST + '\n[topics.floods]\nnam = "Floods"\n'
HOOK = '[channels.hook]\nkind = "webhook"\nurl = "https://hook.example.org/"\nsecret_env = "HOOK_KEY"\n'
THIRD = '[[feeds]]\nname = "Third"\nurl = "https://third.example.org/"\n'


def watch(folder: Path, environ: dict[str, str] | None = None) -> tuple[Watcher, FakeClock]:
    """A watcher of a folder whose files it has seen once."""
    clock = FakeClock()
    watcher = Watcher(folder, environ or {}, load(folder, environ or {}), clock)
    assert looks(watcher, clock) == []
    return watcher, clock


def looks(watcher: Watcher, clock: FakeClock, times: int = 3) -> list[Change]:
    """What some looks in a row bring, a second apart."""
    found = []
    for _ in range(times):
        clock.forward(seconds=1)
        change = watcher.look()
        if change is not None:
            found.append(change)
            watcher.accept(change)
    return found


def rewrite(path: Path, text: str) -> None:
    """As `echo` and simple editors write."""
    path.write_text(text)


def rename_over(path: Path, text: str) -> None:
    """As vim, sed -i and our own edits write."""
    (path.parent / ".new").write_text(text)
    os.replace(path.parent / ".new", path)


def test_what_the_start_read_is_not_loaded_again(tmp_path: Path) -> None:
    """Ten thousand feeds take a second; what of the surroundings changed since counts at the next edit."""
    (folder := write_folder(tmp_path / "config")).joinpath("monitor.toml").write_text(HOOK)
    environ = {"HOOK_KEY": "whsec_" + "a" * 32}
    watcher, clock = watch(folder, environ)
    assert watcher.has_looked
    environ.clear()
    assert looks(watcher, clock, 40) == []
    rewrite(folder / "watchlist.toml", MORE)
    (refused,) = looks(watcher, clock)
    assert refused.loaded is None


def test_a_secret_beside_the_files_is_looked_at_from_the_start(tmp_path: Path) -> None:
    """What was read of it is known to nobody but the channel: an edit before the first look is no less an edit."""
    folder = write_folder(tmp_path / "config")
    (folder / "monitor.toml").write_text(HOOK.replace('secret_env = "HOOK_KEY"', 'secret_file = "key"'))
    (folder / "key").write_text("whsec_" + "a" * 32)
    (folder / "key").chmod(0o600)
    clock = FakeClock()
    watcher = Watcher(folder, {}, load(folder, {}), clock)
    (folder / "key").write_text("whsec_" + "b" * 32)
    (change,) = looks(watcher, clock)
    assert change.channels_changed == ("hook",)


@pytest.mark.parametrize("write", [rewrite, rename_over])
def test_an_edit_is_taken_over_once(tmp_path: Path, write: Callable[[Path, str], None]) -> None:
    """Two edits in a row, in place or by rename, come as one change each."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    write(folder / "watchlist.toml", MORE)
    (first,) = looks(watcher, clock)
    assert first.topics_added == ("floods",)
    assert first.in_words() == "1 topic added (floods)"
    assert watcher.loaded is first.loaded
    write(folder / "watchlist.toml", WATCHLIST)
    (second,) = looks(watcher, clock)
    assert second.topics_removed == ("floods",)


def test_a_topic_that_an_edit_leaves_alone_is_not_read_again(tmp_path: Path) -> None:
    """In a watchlist of thousands an edit costs what was edited."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    before = watcher.loaded.compiled.topics[0]
    rewrite(folder / "watchlist.toml", "# moved down a line\n" + MORE)
    looks(watcher, clock)
    topics = {one.topic.key: one for one in watcher.loaded.compiled.topics}
    assert len(topics) == 2
    same = topics[before.topic.key]
    assert same.names[0] is before.names[0]
    assert same.topic.place != before.topic.place


def test_a_config_map_s_link_is_followed(tmp_path: Path) -> None:
    """A cluster swaps the link to a folder of all files; both of two swaps are seen."""
    for number, text in enumerate((WATCHLIST, MORE, WATCHLIST)):
        write_folder(tmp_path / f"v{number}", watchlist=text)
    (tmp_path / "..data").symlink_to("v0")
    config = tmp_path / "config"
    config.mkdir()
    for name in ("feeds.toml", "watchlist.toml"):
        (config / name).symlink_to(f"../..data/{name}")
    watcher, clock = watch(config)
    for number, words in ((1, "1 topic added (floods)"), (2, "1 topic removed (floods)")):
        (tmp_path / "new").symlink_to(f"v{number}")
        os.replace(tmp_path / "new", tmp_path / "..data")
        assert [change.in_words() for change in looks(watcher, clock)] == [words]


def test_a_bad_edit_keeps_the_old(tmp_path: Path) -> None:
    """A fault is told once, with what stays in force; the mended file is taken over."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    before = watcher.loaded
    rewrite(folder / "watchlist.toml", BAD)
    (change,) = looks(watcher, clock, 40)
    assert change.loaded is None
    assert 'unknown key "nam"' in str(change.faults)
    assert "The configuration of 10:00 CET stays in force" in str(change.faults), "the time of the watchlist's zone"
    assert watcher.loaded is before
    assert watcher.faults is change.faults
    rewrite(folder / "watchlist.toml", MORE)
    (mended,) = looks(watcher, clock)
    assert mended.topics_added == ("floods",)
    assert watcher.faults is None


def test_taking_a_bad_edit_back_is_told(tmp_path: Path) -> None:
    """When the file is again what is in force, the fault is over and somebody hears it."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    rewrite(folder / "watchlist.toml", BAD)
    looks(watcher, clock)
    rewrite(folder / "watchlist.toml", WATCHLIST)
    (change,) = looks(watcher, clock)
    assert change.in_words() == "nothing changed"
    assert watcher.faults is None


def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    """As long as a file grows from look to look it is not read."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    for length in range(len(WATCHLIST) + 5, len(MORE)):
        rewrite(folder / "watchlist.toml", MORE[:length])
        assert looks(watcher, clock, 1) == []
    rewrite(folder / "watchlist.toml", MORE)
    assert len(looks(watcher, clock)) == 1


def test_a_change_that_hides_from_stat_is_found_by_content(tmp_path: Path) -> None:
    """A mount that keeps size, inode and time is seen through within half a minute."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    path = folder / "watchlist.toml"
    stat = path.stat()
    rewrite(path, WATCHLIST.replace("Hostage negotiations", "Hostage negotiationz"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert looks(watcher, clock, 3) == []
    (change,) = looks(watcher, clock, int(CONTENT_EVERY_S))
    assert change.topics_edited == ("hostage-negotiations",)


def test_a_touched_file_is_no_change(tmp_path: Path) -> None:
    """Saving without an edit is silent."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    rename_over(folder / "watchlist.toml", WATCHLIST)
    assert looks(watcher, clock) == []


def test_an_edit_between_load_and_the_first_look_is_not_lost(tmp_path: Path) -> None:
    """What was saved while the daemon started counts too."""
    folder = write_folder(tmp_path / "config")
    loaded, clock = load(folder, {}), FakeClock()
    rewrite(folder / "watchlist.toml", MORE)
    watcher = Watcher(folder, {}, loaded, clock)
    assert [change.topics_added for change in looks(watcher, clock)] == [("floods",)]


def test_a_person_who_asks_gets_an_answer(tmp_path: Path) -> None:
    """After SIGHUP the next look loads and answers, changed or not."""
    watcher, clock = watch(write_folder(tmp_path / "config"))
    watcher.force()
    (change,) = looks(watcher, clock)
    assert change.in_words() == "nothing changed"


def test_feeds_channels_and_restarts_are_named(tmp_path: Path) -> None:
    """What changed is told by name, and what needs a restart to count."""
    folder = write_folder(tmp_path / "config", monitor="[web]\nlisten = ''\n")
    watcher, clock = watch(folder)
    rewrite(folder / "feeds.toml", FEEDS.replace("weight = 2", "weight = 3") + THIRD)
    rewrite(
        folder / "monitor.toml", "[channels.b]\nkind = 'console'\n[polling]\nconcurrency = 3\ninterval_min = '2m'\n"
    )
    (change,) = looks(watcher, clock)
    assert change.in_words() == (
        "1 feed added (Third), 1 feed edited (Harbour Daily), 1 channel changed (b), "
        "[web] listen after a restart, [polling] concurrency after a restart"
    )


def test_a_list_edits_the_topics_that_use_it(tmp_path: Path) -> None:
    """A word added to a list is an edit of every topic whose query names a list."""
    text = "[lists]\nships = ['tanker']\n[topics.a]\nname = 'A'\nquery = '@ships'\n[topics.b]\nname = 'Bridges'\n"
    folder = write_folder(tmp_path / "config", watchlist=text)
    watcher, clock = watch(folder)
    rewrite(folder / "watchlist.toml", text.replace("'tanker'", "'tanker', 'vessel'"))
    assert [change.topics_edited for change in looks(watcher, clock)] == [("a",)]


def test_a_new_secret_in_a_file_is_a_change(tmp_path: Path) -> None:
    """A rotated token is taken over without a restart, and not told in words."""
    folder = write_folder(
        tmp_path / "config", monitor="[channels.d]\nkind = 'slack'\nchannel = 'C1'\ntoken_file = 'token'\n"
    )
    (folder / "token").write_text("old")
    (folder / "token").chmod(0o600)
    watcher, clock = watch(folder)
    rewrite(folder / "token", "new")
    (change,) = looks(watcher, clock)
    assert change.channels_changed == ("d",)
    assert watcher.loaded.secrets["d"].reveal() == "new"  # type: ignore[index]  # a channel's name is a text


def test_a_new_password_of_a_feed_is_a_change(tmp_path: Path) -> None:
    """Though no file of the configuration itself was touched."""
    feeds = FEEDS + 'username = "me"\npassword_file = "pw"\n'
    folder = write_folder(tmp_path / "config", feeds=feeds)
    (folder / "pw").write_text("old")
    (folder / "pw").chmod(0o600)
    watcher, clock = watch(folder)
    rewrite(folder / "pw", "new")
    (change,) = looks(watcher, clock)
    assert change.feeds_edited == ("Harbour Daily",)


@pytest.mark.parametrize(("name", "verb"), [("feeds.toml", "polled"), ("watchlist.toml", "told")])
def test_an_emptied_file_is_an_accident_until_a_person_says_otherwise(tmp_path: Path, name: str, verb: str) -> None:
    """What a full disk or a crashed editor leaves must not stop everything in silence; SIGHUP means it."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    rewrite(folder / name, "")
    (change,) = looks(watcher, clock)
    assert change.loaded is None
    assert watcher.faults is not None
    assert f"{name}: the file was emptied: nothing would be {verb}" in str(watcher.faults)

    watcher.force()
    (change,) = looks(watcher, clock)
    assert change.loaded is not None


def test_a_file_that_a_bad_edit_asks_for_is_waited_for(tmp_path: Path) -> None:
    """When the OPML file that was missing arrives, the edit that named it counts."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    rewrite(folder / "feeds.toml", "opml = ['more.opml']\n" + FEEDS)
    assert [change.loaded for change in looks(watcher, clock)] == [None]
    outline = '<outline type="rss" text="Third" xmlUrl="https://third.example.org/"/>'
    (folder / "more.opml").write_text(f"<opml version='2.0'><head/><body>{outline}</body></opml>")
    assert [change.feeds_added for change in looks(watcher, clock)] == [("Third",)]


def test_a_folder_that_vanishes_keeps_the_old(tmp_path: Path) -> None:
    """An unmounted folder is told once and changes nothing."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    folder.rename(tmp_path / "away")
    (change,) = looks(watcher, clock, 10)
    assert "there is no such folder" in str(change.faults)
    (tmp_path / "away").rename(folder)
    assert [change.loaded is not None for change in looks(watcher, clock)] == [True]


def test_a_change_is_offered_until_it_counts(tmp_path: Path) -> None:
    """What the daemon could not put in force comes again at the next look, and only then is the old one replaced."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    before = watcher.loaded
    rewrite(folder / "watchlist.toml", MORE)
    offered = []
    for _ in range(4):
        clock.forward(seconds=1)
        offered.append(watcher.look())
    assert [change and change.topics_added for change in offered] == [None, ("floods",), ("floods",), ("floods",)]
    assert watcher.loaded is before
    assert [change.topics_added for change in looks(watcher, clock)] == [("floods",)]
    assert watcher.loaded is not before


def test_what_cannot_be_used_is_told_once(tmp_path: Path) -> None:
    """A configuration that loads and cannot be built is a bad edit: the old one stays, the fault is kept, once."""
    folder = write_folder(tmp_path / "config")
    watcher, clock = watch(folder)
    before = watcher.loaded
    rewrite(folder / "watchlist.toml", MORE)
    clock.forward(seconds=1)
    assert watcher.look() is None
    assert watcher.look() is not None
    rejected = watcher.reject(ConfigError("no address", where="monitor.toml", remedy="Mend it."))
    assert rejected.loaded is None
    assert watcher.faults is rejected.faults
    assert "no address" in str(watcher.faults)
    assert looks(watcher, clock, 40) == []
    assert watcher.loaded is before
