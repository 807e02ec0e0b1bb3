"""Add a feed to feeds.toml or take one out; every other byte of the file stays as a person wrote it.

An edit is a splice of lines, checked before it is written: the new text is read back the way the daemon reads it and
must hold exactly the old values and the edit. It is written beside the file, flushed to the disk and renamed over it,
so that a reader sees the old file or the new one, and only where the content is still what was read.

Effects: reads and writes files.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import tomlkit
from msgspec.structs import replace

from monitor.config.faults import ConfigFaults, check_shape
from monitor.config.feeds import find_doubles
from monitor.config.files import BOM, ConfigFile, parse_config_file, read_config_file
from monitor.config.mounts import refuse_read_only
from monitor.config.schema import FeedsFile
from monitor.config.values import is_language, near_miss, shown
from monitor.errors import ConfigError
from monitor.model.feeds import FeedSpec

NoteEdit = Callable[[bytes], None]
"""Told the whole file as it will be, when all is checked and before it is written: so its author is known in time."""


def note_nobody(body: bytes) -> None:
    """For an edit of which nobody keeps a log."""


_NO_FEEDS_FILE = "Make it, or begin with the feeds.toml that comes with the program."


def add_feed(folder: Path, feed: FeedSpec, *, note: NoteEdit = note_nobody) -> None:
    """Add one feed at the end of feeds.toml. Raises as `add_feeds` does."""
    add_feeds(folder, [feed], note=note)


def add_feeds(folder: Path, feeds: Sequence[FeedSpec], *, note: NoteEdit = note_nobody) -> None:
    """Add feeds at the end of feeds.toml, all or none.

    Raises `ConfigFaults` when the file would not load with them (a name or address that is there already, an address
    that is none), and `ConfigError` when it was changed by somebody else meanwhile or cannot be written.
    """
    with locked(folder):
        file = _read(folder)
        newline = "\r\n" if "\r\n" in file.text else "\n"
        gap = "" if not file.text or file.text.endswith("\n") else newline
        text = file.text + gap + "".join(newline + _block(feed, newline) for feed in feeds)
        write_feeds(file, text, [*_feeds_of(file), *(_values(feed) for feed in feeds)], note=note)


def remove_feed(folder: Path, name: str, *, note: NoteEdit = note_nobody) -> None:
    """Take the feed of this name out of feeds.toml, its comments above and below kept.

    Raises `ConfigError` when there is none of that name, and as `add_feeds` does.
    """
    with locked(folder):
        file = _read(folder)
        feeds = _feeds_of(file)
        names = [str(feed.get("name", "")) for feed in feeds]
        if name not in names:
            near = near_miss(name, names)
            raise ConfigError(
                f"there is no feed {shown(name)}",
                where=file.shown_path,
                remedy=f"{near}A feed of an OPML file is removed there.",
            )
        index = names.index(name)
        first, last = file.places.first[("feeds", index)], file.places.last[("feeds", index)]
        lines = lines_of(file.text)
        if last < len(lines) and not lines[last].strip() and (first == 1 or not lines[first - 2].strip()):
            last += 1  # one of the two empty lines that now meet
        left = feeds[:index] + feeds[index + 1 :]
        write_feeds(file, "".join(lines[: first - 1] + lines[last:]), left, note=note)


def lines_of(text: str) -> list[str]:
    """Lines as TOML counts them: only a newline ends one."""
    return [line + "\n" for line in text.split("\n")[:-1]] + ([text.rsplit("\n", 1)[-1]] if text[-1:] != "\n" else [])


def _read(folder: Path) -> ConfigFile:
    path = folder / "feeds.toml"
    file = read_config_file(path, str(path), _NO_FEEDS_FILE)
    _check(file)
    if ("feeds", 0) in file.places.first and "[[" not in file.text.split("\n")[file.places.line(("feeds", 0)) - 1]:
        raise ConfigError(
            "the feeds stand in one list, `feeds = [ … ]`, which is not edited from here",
            where=file.place("feeds"),
            remedy="Write each as a block of its own, [[feeds]], or edit the file by hand.",
        )
    return file


def _check(file: ConfigFile) -> None:
    _, problems = check_shape(FeedsFile, file.values, file.shown_path, file.places)
    if problems := problems + find_doubles(file):
        raise ConfigFaults(problems, meanwhile="The file was left as it is.", files=[file.path])


def _feeds_of(file: ConfigFile) -> list[dict[str, object]]:
    feeds = file.values.get("feeds", [])
    assert isinstance(feeds, list), "the shape was checked"
    return feeds


def _values(feed: FeedSpec) -> dict[str, object]:
    """A feed as it stands in the file: what is as usual is not written down, nor what a feed says of itself amiss."""
    values: dict[str, object] = {"name": feed.name, "url": feed.url}
    language = (feed.language or "").replace("_", "-")  # many feeds claim en_US
    if is_language(language):
        values["language"] = language
    if feed.weight != 1.0:
        values["weight"] = feed.weight
    if feed.folder:
        values["folder"] = feed.folder
    return values


def _block(feed: FeedSpec, newline: str) -> str:
    # tomlkit knows how TOML quotes what people and publishers put into a name.
    return block("[[feeds]]", _values(feed), newline)


def block(header: str, values: Mapping[str, object], newline: str) -> str:
    """A table of a config file, its values in TOML's own quoting."""
    return (f"{header}\n" + tomlkit.dumps(values)).replace("\n", newline)


def write_feeds(
    file: ConfigFile, text: str, expected: list[dict[str, object]], *, note: NoteEdit = note_nobody
) -> None:
    """Replace feeds.toml, as it was read, by a text that holds exactly these feeds and all else as before.

    Raises, and leaves the file alone, when the text would not load or holds something else (`ConfigFaults`,
    `ConfigError`), when the file is no longer what was read, or when it cannot be written (`ConfigError`).
    """

    def is_meant(edited: ConfigFile) -> bool:
        rest = {**edited.values, "feeds": expected} == {**file.values, "feeds": expected}
        return rest and _feeds_of(edited) == expected

    write_edited(file, text, _check, is_meant, note=note)


def write_edited(
    file: ConfigFile,
    text: str,
    check: Callable[[ConfigFile], None],
    is_meant: Callable[[ConfigFile], bool],
    *,
    note: NoteEdit = note_nobody,
) -> None:
    """Replace a config file, as it was read, by a text that passes the check and holds what is meant.

    `note` is called just before it is written. `check` raises `ConfigFaults`. Raises, and leaves the file alone, as
    `write_feeds` does.
    """
    body = file.body[: len(file.body) - len(file.body.removeprefix(BOM))] + text.encode()
    try:
        edited = parse_config_file(body, file.path, file.shown_path)
        check(edited)
    except ConfigFaults as error:
        # Lines of a text that is not written would lead an editor astray.
        problems = [replace(problem, line=0) for problem in error.problems]
        raise ConfigFaults(problems, meanwhile=error.meanwhile, files=error.files) from error
    if not is_meant(edited):
        raise ConfigError(
            "the edit would change more than was asked, so nothing was written",
            where=file.shown_path,
            remedy="Edit the file by hand.",
        )
    refuse_read_only(file.path, file.shown_path)
    note(body)
    replace_body(file.path, file.shown_path, file.body, body)


def replace_body(path: Path, shown_path: str, before: bytes | None, body: bytes) -> None:
    """Put a body in the place of what was read from a file, or of nothing; whole or not at all, its mode kept.

    Raises `ConfigError`, and leaves the file alone, when it is no longer what was read, or cannot be written.
    """
    # A link, as secrets and config maps are mounted, stays a link: its target is replaced.
    target = Path(os.path.realpath(path))
    try:
        _replace(target, shown_path, before, body)
    except OSError as error:
        raise ConfigError(
            f"cannot be written ({error.strerror})",
            where=shown_path,
            remedy="Let the user of this command write to the folder; in a container, mount the folder, not the file.",
        ) from error


def _replace(target: Path, shown_path: str, before: bytes | None, body: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
            out.flush()
            os.fchmod(out.fileno(), 0o644 if before is None else target.stat().st_mode & 0o7777)
            os.fsync(out.fileno())
        now = target.read_bytes() if before is not None or target.exists() else None
        if now != before:
            raise ConfigError(
                "was changed by somebody else meanwhile, so nothing was written",
                where=shown_path,
                remedy="Look at it and try again.",
            )
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself must outlive a power cut
    finally:
        os.close(folder)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One edit of a folder at a time among our own commands; people's editors are seen by the content."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(
            f"cannot be opened ({error.strerror})", where=str(folder), remedy="Name the folder with --config DIR."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
