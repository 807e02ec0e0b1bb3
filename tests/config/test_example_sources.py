"""Examples that are files or stored articles: found, tried, told with their place, and never taken from elsewhere."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config.example_sources import FILE_BYTES_MAX
from monitor.config.load import ConfigFaults, Loaded, load
from monitor.config.watch import Watcher
from monitor.model import Article, ArticleId
from tests.config.folder import write_folder
from tests.fakes.clock import FakeClock

NAME = "[topics.t]\nname = 'Hostage negotiations'\n"
URL = "https://example.org/news/1"
GOOD = Article(ArticleId(7), "Hostage negotiations resume", "", url=URL)


def loaded_with(folder: Path, examples: str, stored: Callable[[str], Article | str] | None = None) -> Loaded:
    """The configuration with one topic of these examples."""
    return load(write_folder(folder, watchlist=NAME + examples + "\n"), {}, stored=stored)


def faults_of(folder: Path, examples: str, stored: Callable[[str], Article | str] | None = None) -> list[str]:
    """Its faults."""
    try:
        loaded_with(folder, examples, stored)
    except ConfigFaults as faults:
        return [str(problem).removeprefix(f"{folder}/") for problem in faults.problems]
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config folder with a folder of examples."""
    (tmp_path / "config" / "examples").mkdir(parents=True)
    return tmp_path / "config"


@pytest.mark.parametrize("written", [f"'{URL}'", f'{{ url = "{URL}" }}', f'" {URL} "'])
def test_an_address_is_tried_as_the_stored_article(folder: Path, written: str) -> None:
    """In quotes or in a table; a failing one is told with its line and its headline."""
    loaded = loaded_with(folder, f"must_match = [{written}]", lambda address: GOOD if address == URL else "is none")
    assert [one.url for one in loaded.watchlist.topics[0].must_match] == [URL]
    assert loaded.watchlist == loaded_with(folder, f"must_match = [{written}]").watchlist, "whatever the archive holds"
    loaded = loaded_with(folder, f"must_match = [{written}]", lambda address: GOOD if address == URL else "is none")
    assert loaded.notes == ()
    (fault,) = faults_of(folder, f"must_not_match = [\n  'Rain',\n  {written},\n]", lambda _: GOOD)
    start = 'watchlist.toml:5: topic "t": `must_not_match` 2, stored "Hostage negotiations resume", is found, score'
    assert fault.startswith(start)


def test_what_cannot_be_tried_is_said_and_refuses_nothing(folder: Path) -> None:
    """Not in the archive, or no archive at hand."""
    gone = loaded_with(folder, f"must_match = [\n '{URL}']", lambda _: "is not in the archive")
    where = f'{folder}/watchlist.toml:4: topic "t": `must_match` 1 cannot be tried: "{URL}"'
    assert gone.notes == (f"{where} is not in the archive.",)
    assert loaded_with(folder, f"must_match = [\n '{URL}']").notes == (
        f"{where} needs the archive, which is not there.",
    )


def test_a_text_with_an_address_in_it_is_a_text(folder: Path) -> None:
    """Only an address and nothing else is looked up."""
    text = f"Hostage negotiations: {URL}"
    assert loaded_with(folder, f"must_match = ['{text}', '''{URL}\nHostage negotiations''']").notes == ()


def test_a_file_is_a_headline_and_a_text(folder: Path) -> None:
    """The same file may serve several topics; a mark at its beginning means nothing."""
    (folder / "examples/doha.txt").write_bytes(b"\xef\xbb\xbfFrom the border\n\nHostage negotiations resume.\n")
    loaded = loaded_with(folder, "must_match = [{ file = 'examples/doha.txt' }]")
    assert loaded.watchlist.topics[0].must_match == (
        Article(ArticleId(1), "From the border", "Hostage negotiations resume."),
    )
    assert folder / "examples/doha.txt" in loaded.files


LINES = [{"title": "Hostage negotiations", "id": "a"}, {"title": "Rain", "url": "https://example.org/rain"}]
PARSED = {"title": "A feed", "entries": [{"title": "Hostage negotiations"}, {"title": "Rain", "content": "It rains"}]}


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("a.jsonl", "\n".join(map(json.dumps, LINES)) + "\n", 2),
        ("a.json", json.dumps(LINES, indent=1), 1),
        ("a.json", json.dumps(PARSED), 1),
        ("a.JSONL", "\n" + json.dumps(PARSED) + "\n\n" + json.dumps(LINES[0]), 2),
    ],
)
def test_a_file_of_article_lines_counts_each(folder: Path, name: str, body: str, line: int) -> None:
    """Each is tried; the one that fails is named with its line there and the element's line here."""
    (folder / "examples" / name).write_text(body)
    (fault,) = faults_of(folder, f"must_match = [\n 'Hostage negotiations',\n {{ file = 'examples/{name}' }}]")
    where = f'watchlist.toml:5: topic "t": `must_match` 2, examples/{name}:{line} "Rain", is not found'
    assert fault.startswith(where)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("none.txt", None, "cannot be read: there is no such file. It is looked for beside the watchlist."),
        ("empty.txt", b" \n", "holds no word. Its first line is the headline, the rest is the text."),
        ("latin.txt", b"caf\xe9", "is not UTF-8. Save it with the encoding UTF-8."),
        ("big.txt", b"x" * (FILE_BYTES_MAX + 1), "is larger than 1,000,000 bytes. Keep those that show most."),
        ("empty.jsonl", b"\n", 'holds no article. Write {"title": …, "text": …}, one on each line.'),
        ("bad.jsonl", b'{"title": "a"}\n{"title', 'line 2 is not JSON. Write {"title": …, "text": …}.'),
        ("list.json", b'["a"]', 'holds something else than articles. Write {"title": …, "text": …}.'),
        ("number.jsonl", b'{"title": "a"}\n7\n', 'line 2 is no article. Write {"title": …, "text": …}.'),
        ("wordless.jsonl", b'{"url": "https://a.example"}', "line 1: neither a title nor a text."),
        ("many.jsonl", b'{"title": "Hostage negotiations"}\n' * 201, "has more than 200 articles."),
    ],
)
def test_what_a_file_is_not_is_said(folder: Path, name: str, body: bytes | None, said: str) -> None:
    """With the line of the element, and what to do."""
    if body is not None:
        (folder / "examples" / name).write_bytes(body)
    (fault,) = faults_of(folder, f"must_match = [\n {{ file = 'examples/{name}' }}]")
    assert fault.startswith(f'watchlist.toml:4: topic "t": `must_match` 1, file "examples/{name}", {said}')


def test_a_folder_is_no_file(folder: Path) -> None:
    """Nor does it break anything."""
    (fault,) = faults_of(folder, "must_match = [{ file = 'examples' }]")
    assert 'file "examples", cannot be read' in fault


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "examples/link.txt", "examples/../../secret.txt"])
def test_nothing_outside_of_the_folder_is_read(folder: Path, name: str) -> None:
    """Its first line would be repeated in a message."""
    (folder.parent / "secret.txt").write_text("swordfish")
    (folder / "examples/link.txt").symlink_to(folder.parent / "secret.txt")
    (fault,) = faults_of(folder, f"must_match = [{{ file = '{name}' }}]")
    assert "lies outside of this folder." in fault
    assert "swordfish" not in fault


def test_links_of_a_mounted_folder_are_followed(tmp_path: Path) -> None:
    """As a cluster mounts them: every file is a link into a folder that is swapped."""
    data = tmp_path / "..data"
    write_folder(data, watchlist=NAME + "must_match = [{ file = 'doha.txt' }]\n")
    (data / "doha.txt").write_text("Hostage negotiations")
    config = tmp_path / "config"
    config.mkdir()
    for name in ("feeds.toml", "watchlist.toml", "doha.txt"):
        (config / name).symlink_to(data / name)
    assert len(load(config, {}).watchlist.topics[0].must_match) == 1


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("{ file = 'a.txt', title = 'b' }", '`must_match` 1, `file` stands beside other keys. Write { file = "…" }'),
        ("{ file = '' }", "`must_match` 1, `file` is empty."),
        ('{ file = "a\\u0000b" }', "which no file can be called."),
        ("{ url = 'example.org/a' }", '`must_match` 1, `url` is "example.org/a", not an address. Write it whole'),
        ("{ url = 'https://example.org/', source = 'Gulf Wire' }", "`must_match` 1 holds no word."),
    ],
)
def test_what_is_neither_is_a_fault(folder: Path, example: str, said: str) -> None:
    """An address or a file stands alone."""
    (fault,) = faults_of(folder, f"must_match = [{example}]")
    assert said in fault


def test_all_articles_of_a_list_are_counted(folder: Path) -> None:
    """Two files of 150 are more than one list may hold, and none of them is tried."""
    (folder / "a.jsonl").write_text('{"title": "Hostage negotiations"}\n' * 150)
    (fault,) = faults_of(folder, "must_match = [{ file = 'a.jsonl' }, { file = './a.jsonl' }]")
    assert fault.endswith('topic "t": `must_match` has 300 articles with those of its files. At most 200 are tried.')


def test_an_edit_of_a_file_counts(folder: Path) -> None:
    """Like one of the watchlist: a bad one is refused, a file that was missing is noticed when it comes."""
    example = folder / "examples/doha.txt"
    example.write_text("Hostage negotiations")
    loaded = loaded_with(folder, "must_match = [{ file = 'examples/doha.txt' }]")
    clock = FakeClock()
    watcher = Watcher(folder, {}, loaded, clock)

    def look() -> list[str]:
        changes = []
        for _ in range(4):
            clock.forward(seconds=1)
            if (change := watcher.look()) is not None:
                changes.append(str(change.faults) if change.faults else change.in_words())
                watcher.accept(change)
        return changes

    assert look() == []
    os.unlink(example)
    (missing,) = look()
    assert "there is no such file" in missing
    example.write_text("Rain")
    (bad,) = look()
    assert '`must_match` 1, examples/doha.txt "Rain", is not found' in bad
    example.write_text("Hostage negotiations again")
    assert look() == ["1 topic edited (t)"]


def test_a_reload_tries_stored_articles(folder: Path) -> None:
    """The watcher's own archive is asked at each edit."""
    loaded = loaded_with(folder, "")
    clock = FakeClock()
    watcher = Watcher(folder, {}, loaded, clock, stored=lambda _: Article(ArticleId(3), "Rain", ""))
    (folder / "watchlist.toml").write_text(f"{NAME}must_match = ['{URL}']\n")
    changes = []
    for _ in range(4):
        clock.forward(seconds=1)
        changes += [change] if (change := watcher.look()) is not None else []
    assert 'stored "Rain", is not found' in str(changes[0].faults)


@pytest.mark.parametrize("name", ["monitor.toml", "feeds.toml", ".env", "token"])
def test_no_secret_is_read_as_an_example(folder: Path, name: str) -> None:
    """Its first line would stand in the message of an example that fails, for everybody who may edit the watchlist."""
    monitor = "[channels.desk]\nkind = 'webhook'\nurl = 'https://a.example'\nsecret_file = 'token'\n"
    write_folder(folder, monitor=monitor, watchlist=NAME + f"must_match = [{{ file = '{name}' }}]\n")
    for one in (".env", "token"):
        (folder / one).write_text("whsec_b3BlbnNlc2FtZQ==\n")
    with pytest.raises(ConfigFaults) as faults:
        load(folder, {})
    assert "belongs to the configuration" in str(faults.value)
    assert "b3Blbn" not in str(faults.value)
