"""The pages of the config files are complete and true, and every example loads."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from monitor.config import channels, schema, web
from monitor.config.channels import (
    AppriseSettings,
    ChannelSection,
    ConsoleSettings,
    EmailSettings,
    SlackSettings,
    SmtpSection,
    WebhookSettings,
)
from monitor.config.load import load
from monitor.config.schema import (
    DatabaseSection,
    ExampleEntry,
    FeedEntry,
    FeedsFile,
    MatchingSection,
    OperatorSection,
    PollingSection,
    RetentionSection,
    TopicEntry,
    WatchlistFile,
    WatchlistSection,
)
from monitor.config.section import Section
from monitor.config.web import ProxySection, TokenSection, WebSection
from monitor.digests.schedule import parse_duration
from monitor.topics.query import compile_query
from tests.config.folder import FEEDS

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
ANY_CHANNEL = set(ChannelSection.model_fields)

PAGES: dict[tuple[str, str], type[Section]] = {
    ("monitor.toml.md", "`[run]`"): schema.RunSection,
    ("monitor.toml.md", "`[database]`"): DatabaseSection,
    ("monitor.toml.md", "`[polling]`"): PollingSection,
    ("monitor.toml.md", "`[matching]`"): MatchingSection,
    ("monitor.toml.md", "`[watchlist]`"): WatchlistSection,
    ("monitor.toml.md", "`[web]`"): WebSection,
    ("monitor.toml.md", "`[web.tokens.NAME]`"): TokenSection,
    ("monitor.toml.md", "`[web.proxy]`"): ProxySection,
    ("monitor.toml.md", "`[retention]`"): RetentionSection,
    ("monitor.toml.md", "`[operator]`"): OperatorSection,
    ("monitor.toml.md", "`[channels.NAME]`"): ChannelSection,
    ("monitor.toml.md", '`kind = "slack"`'): SlackSettings,
    ("monitor.toml.md", '`kind = "email"`'): EmailSettings,
    ("monitor.toml.md", "`smtp = { … }`"): SmtpSection,
    ("monitor.toml.md", '`kind = "webhook"`'): WebhookSettings,
    ("monitor.toml.md", '`kind = "apprise"`'): AppriseSettings,
    ("feeds.toml.md", "At the top"): FeedsFile,
    ("feeds.toml.md", "`[[feeds]]`"): FeedEntry,
    ("watchlist.toml.md", "At the top"): WatchlistFile,
    ("watchlist.toml.md", "`[topics.KEY]`"): TopicEntry,
    ("watchlist.toml.md", "`must_match = [{ … }]`"): ExampleEntry,
}


def rows_of(page: str) -> dict[str, dict[str, str]]:
    """The keys of each heading's table with their defaults."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in (DOCS / page).read_text(encoding="utf-8").split("\n"):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif row := re.match(r"\| `(\w+)` \| ([^|]+) \|", line):
            found.setdefault(heading, {})[row[1]] = row[2]
    return found


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys that a table of the file may have and that its own page must explain."""
    is_kind = issubclass(model, ChannelSection) and model is not ChannelSection
    return {
        field.alias or name: field
        for name, field in model.model_fields.items()
        if not (is_kind and (name in ANY_CHANNEL or name == "kind"))
    }


@pytest.mark.parametrize(("page", "heading"), PAGES)
def test_every_key_has_a_row_and_every_row_a_key(page: str, heading: str) -> None:
    """A key cannot be added, renamed or removed without its page."""
    expected = set(keys_of(PAGES[page, heading]))
    if heading == "`[channels.NAME]`":
        expected.add("kind")
    assert set(rows_of(page)[heading]) == expected


def test_every_table_of_the_schema_has_a_page() -> None:
    """A new table of the schema needs its heading here."""
    tables = {
        item
        for module in (schema, channels, web)
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Section) and item.model_fields
    }
    assert tables - set(PAGES.values()) == {schema.Settings, ConsoleSettings}
    headings = {heading for page, heading in PAGES if page == "monitor.toml.md"}
    assert {f"`[{name}]`" for name in schema.Settings.model_fields if name != "channels"} <= headings
    assert set(rows_of("monitor.toml.md")) == headings


@pytest.mark.parametrize(("page", "heading"), PAGES)
def test_the_defaults_in_the_pages_are_the_real_ones(page: str, heading: str) -> None:
    """What a page says holds without a key does hold."""
    fields = keys_of(PAGES[page, heading])
    for key, said in rows_of(page)[heading].items():
        if key == "kind" or (page, key) == ("feeds.toml.md", "name"):
            continue
        default = fields[key].get_default(call_default_factory=True)
        if said == "required":
            assert default is PydanticUndefined, key
        elif said == "none":
            assert default in (None, {}), key
        else:
            value = tomllib.loads(f"x = {said.strip('`')}")["x"]
            assert default == (parse_duration(value) if isinstance(default, int) and isinstance(value, str) else value)


def blocks(page: str, kind: str) -> Iterator[str]:
    """The code blocks of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    yield from re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


ENVIRON = dict.fromkeys(("SLACK_BOT_TOKEN", "DATABASE_PASSWORD", "SMTP_PASSWORD"), "a secret") | {
    "MONITOR_TOKEN": "0123456789abcdef" * 4
}


@pytest.mark.parametrize("name", sorted(path.name for path in (DOCS / "examples").iterdir()))
def test_every_example_loads(tmp_path: Path, name: str) -> None:
    """The whole configurations under docs/examples are good, their must_match lines included."""
    folder = shutil.copytree(DOCS / "examples" / name, tmp_path / name)
    (folder / "hook-secret").write_text("a secret")
    (folder / "hook-secret").chmod(0o600)
    loaded = load(folder, ENVIRON)
    assert loaded.feeds
    assert loaded.watchlist.topics


@pytest.mark.parametrize("page", ["monitor.toml.md", "feeds.toml.md", "watchlist.toml.md", "queries.md"])
def test_the_blocks_in_the_pages_load(tmp_path: Path, page: str) -> None:
    """What a page shows can be copied: each TOML block is a good file."""
    texts = list(blocks(page, "toml"))
    assert texts
    for number, text in enumerate(texts):
        folder = tmp_path / str(number)
        folder.mkdir()
        secret = folder / "secret"
        secret.write_text("a secret")
        secret.chmod(0o600)
        (folder / "from-my-reader.opml").write_text("<opml version='2.0'><head/><body/></opml>")
        (folder / "feeds.toml").write_text(FEEDS)
        (folder / "watchlist.toml").write_text("")
        name = "watchlist.toml" if page == "queries.md" else page.removesuffix(".md")
        (folder / name).write_text(text.replace("/run/secrets/database", str(secret)))
        load(folder, ENVIRON)


def test_the_queries_of_the_page_are_understood() -> None:
    """Every example query is read, and the precedence is as the page says."""
    lists = {"armed_groups": ("Hamas",)}
    (examples,) = blocks("queries.md", "")
    for line in examples.strip().split("\n"):
        compile_query(line, lists)
    one, other = (
        compile_query(text).normalised for text in ("a OR b NEAR/3 c AND NOT d", "a OR ((b NEAR/3 c) AND (NOT d))")
    )
    assert one == other


def test_the_default_configuration_is_useful_as_it_is() -> None:
    """Some forty feeds in many languages; four topics with examples that hold, hostage negotiations first."""
    loaded = load(ROOT / "config", {})
    assert len(loaded.feeds) >= 40
    assert len({feed.language for feed in loaded.feeds}) >= 8
    assert loaded.watchlist.topics[0].key == "hostage-negotiations"
    assert len(loaded.watchlist.topics) == 4
    assert all(topic.must_match and topic.must_not_match for topic in loaded.watchlist.topics)
    assert {name for topic in loaded.watchlist.topics for name in topic.channels} == {"console"}


def test_the_commented_channels_of_the_default_configuration_are_good(tmp_path: Path) -> None:
    """Taking the # away from an example channel gives a channel."""
    text = (ROOT / "config" / "monitor.toml").read_text(encoding="utf-8")
    opened = re.sub(r"^# (\[channels|\w+ = )", r"\1", text, flags=re.MULTILINE)
    folder = shutil.copytree(ROOT / "config", tmp_path / "config")
    (folder / "monitor.toml").write_text(opened)
    loaded = load(folder, {**ENVIRON, "HOOK_SECRET": "a secret"})
    assert set(loaded.settings.channels) == {"console", "desk", "morning", "archive"}
    assert set(loaded.secrets) == {"desk", "morning", "archive"}


def test_the_default_feeds_are_not_known_to_be_dead(corpus: Path) -> None:
    """None of the feeds we ship is on the list of dead ones."""
    dead = (corpus / "known_dead_or_stale.json").read_text(encoding="utf-8")
    assert [feed.name for feed in load(ROOT / "config", {}).feeds if feed.url in dead] == []
