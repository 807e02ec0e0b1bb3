"""Adding and removing topics: what was asked for, and not one byte more."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.edit_topics import add_topic, remove_topic, restore_topic
from monitor.config.faults import ConfigFaults
from monitor.config.load import load
from monitor.errors import ConfigError
from monitor.topics.meaning import EMPTY_LEXICON
from tests.config.folder import WATCHLIST, write_folder

TWO = (
    WATCHLIST
    + """
# ── ships ──
[topics.gulf-shipping]  # since March
name = "Attacks on shipping"
must_match = ["Tanker attacks on shipping"]

# harbours, too
[topics.harbours]
name = "Harbours"
# end
"""
)


def text_of(folder: Path) -> str:
    """The file as it stands."""
    return (folder / "watchlist.toml").read_bytes().decode()


def add(folder: Path, key: str = "new", name: str = "New topic", **said: object) -> None:
    """Add a topic without a lexicon."""
    add_topic(folder, key, name, lexicon=EMPTY_LEXICON, **said)  # type: ignore[arg-type]


def test_an_added_topic_stands_at_the_end(tmp_path: Path) -> None:
    """The file's own text stays byte for byte; who added it stands above, on one line."""
    folder = write_folder(tmp_path / "config", watchlist=TWO)
    note = "Added from Slack by U012AB3CD\n[topics.evil]"
    add(folder, "gulf", 'The "Gulf" \\ <@U1>', also=["a, b"], channels=["desk"], schedule="daily 08:00", note=note)
    text = text_of(folder)
    assert text.startswith(TWO)
    assert "\n# Added from Slack by U012AB3CD [topics.evil]\n[topics.gulf]\n" in text
    assert tomllib.loads(text)["topics"]["gulf"] == {
        "name": 'The "Gulf" \\ <@U1>',
        "also": ["a, b"],
        "channels": ["desk"],
        "schedule": "daily 08:00",
    }
    assert set(tomllib.loads(text)["topics"]) == {"hostage-negotiations", "gulf-shipping", "harbours", "gulf"}


def test_usual_values_are_not_written(tmp_path: Path) -> None:
    """A topic of a name alone is two lines, and it loads; line ends are the file's own."""
    folder = write_folder(tmp_path / "config")
    add(folder)
    assert text_of(folder) == WATCHLIST + '\n[topics.new]\nname = "New topic"\n'
    assert [topic.key for topic in load(folder, {}).watchlist.topics] == ["hostage-negotiations", "new"]
    (folder / "watchlist.toml").write_bytes(WATCHLIST.replace("\n", "\r\n").encode().removesuffix(b"\r\n"))
    add(folder, note="why")
    assert text_of(folder).endswith('"\r\n\r\n# why\r\n[topics.new]\r\nname = "New topic"\r\n')


def test_the_removed_topic_alone_goes_and_comes_back(tmp_path: Path) -> None:
    """Comments above and below it stay; what it held, its own comments too, is put back at the end."""
    folder = write_folder(tmp_path / "config", watchlist=TWO)
    removed = remove_topic(folder, "gulf-shipping", EMPTY_LEXICON)
    own = TWO[TWO.index("[topics.gulf-shipping]") : TWO.index("\n# harbours, too")]
    assert removed.text == own
    assert text_of(folder) == TWO.replace(own, "")
    before = dict(tomllib.loads(TWO))
    restore_topic(folder, removed, EMPTY_LEXICON)
    assert text_of(folder) == TWO.replace(own, "") + "\n" + own
    assert tomllib.loads(text_of(folder)) == before
    with pytest.raises(ConfigError, match='there is a topic "gulf-shipping" already'):
        restore_topic(folder, removed, EMPTY_LEXICON)


def test_the_last_topic_may_go(tmp_path: Path) -> None:
    """Then the file watches nothing, which is good TOML."""
    folder = write_folder(tmp_path / "config")
    removed = remove_topic(folder, "hostage-negotiations", EMPTY_LEXICON)
    assert tomllib.loads(text_of(folder)) == {"timezone": "Europe/Berlin"}
    restore_topic(folder, removed, EMPTY_LEXICON)
    assert tomllib.loads(text_of(folder)) == tomllib.loads(WATCHLIST)


@pytest.mark.parametrize(
    ("key", "name", "more", "said"),
    [
        ("hostage-negotiations", "Again", {}, "is a topic .hostage-negotiations. already"),
        ("New", "New", {}, "may hold a-z"),
        ("new", "", {}, "name"),
        ("new", "x" * 201, {}, "name"),
        ("new", "?!", {}, "new"),
        ("new", "New", {"schedule": "often"}, "schedule"),
        ("new", "New", {"also": [""]}, "also"),
        ('x]\nname="y"\n[topics.z', "New", {}, "this is not TOML|may hold a-z|more than was asked"),
    ],
)
def test_what_would_not_load_is_not_written(
    tmp_path: Path, key: str, name: str, more: dict[str, object], said: str
) -> None:
    """The file stays as it was, and the words say why, without a line of a text that is nowhere."""
    folder = write_folder(tmp_path / "config")
    with pytest.raises((ConfigError, ConfigFaults), match=said):
        add(folder, key, name, **more)
    assert text_of(folder) == WATCHLIST


@pytest.mark.parametrize(
    ("watchlist", "said"),
    [
        ("topics = 3\n", "no table"),
        ("topics.a.name = 'A'\ntopics.b.name = 'B'\n", "not stand in a table of its own"),
        ("topics = { a = { name = 'A' } }\n", "not stand in a table of its own"),
        ("[topics.a]\nname = 'A'\n[topics.b]\nname = 'B'\nchanels = ['x']\n", "chanels"),
        ("[topics.a]\nname = 'A'\n[topics.b]\nname = 'B'\nmust_match = ['nothing of it']\n", "must_match"),
    ],
)
def test_a_file_that_is_faulty_or_written_otherwise_is_left_alone(tmp_path: Path, watchlist: str, said: str) -> None:
    """Whoever wrote it so edits it so."""
    folder = write_folder(tmp_path / "config", watchlist=watchlist)
    with pytest.raises((ConfigError, ConfigFaults), match=said):
        remove_topic(folder, "a", EMPTY_LEXICON)
    assert text_of(folder) == watchlist


def test_a_fault_goes_with_its_topic(tmp_path: Path) -> None:
    """Taking the faulty one out is one way to mend the file."""
    folder = write_folder(tmp_path / "config", watchlist="[topics.a]\nname = 'A'\nchanels = ['x']\n")
    remove_topic(folder, "a", EMPTY_LEXICON)
    assert text_of(folder) == ""


def test_a_topic_that_is_not_there_names_what_is_near(tmp_path: Path) -> None:
    """And nothing is written."""
    folder = write_folder(tmp_path / "config")
    with pytest.raises(ConfigError, match=r"Did you mean .hostage-negotiations."):
        remove_topic(folder, "hostage-negotiation", EMPTY_LEXICON)


def test_a_table_between_keeps_the_file_as_it_is(tmp_path: Path) -> None:
    """Where lines of another table stand among a topic's, a splice would take them along."""
    text = "[topics.a]\nname = 'A'\n[lists]\nx = ['y']\n[[topics.a.must_match]]\ntitle = 'A'\n"
    folder = write_folder(tmp_path / "config", watchlist=text)
    with pytest.raises(ConfigError, match="more than was asked"):
        remove_topic(folder, "a", EMPTY_LEXICON)
    assert text_of(folder) == text


@settings(max_examples=25, deadline=None)
@given(name=st.text(max_size=60), also=st.lists(st.text(max_size=40), max_size=3), note=st.text(max_size=60))
def test_whatever_is_typed_stands_there_or_nothing_does(
    tmp_path_factory: pytest.TempPathFactory, name: str, also: list[str], note: str
) -> None:
    """As it was typed, to the letter, or with a reason why not."""
    folder = write_folder(tmp_path_factory.mktemp("config"))
    try:
        add(folder, "typed", name, also=also, note=note)
    except (ConfigError, ConfigFaults):
        assert text_of(folder) == WATCHLIST
    else:
        typed = tomllib.loads(text_of(folder))["topics"]["typed"]
        assert (typed["name"], typed.get("also", [])) == (name, also)
