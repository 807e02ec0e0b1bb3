"""What a person wants of single feeds: an interval, a password, a key, a proxy."""

import base64
from pathlib import Path

import pytest

from monitor.config.load import load
from monitor.model import FeedRules
from tests.config.folder import write_folder
from tests.config.test_load import faults_of

FEED = '[[feeds]]\nname = "Wire"\nurl = "https://wire.example.org/rss.xml"\n'


def rules_of(folder: Path, keys: str, **environ: str) -> FeedRules:
    """The rules of the one feed with these keys."""
    [feed] = load(write_folder(folder / "config", feeds=FEED + keys), environ).feeds
    return feed.rules


def test_nothing_said_is_nothing_wanted(tmp_path: Path) -> None:
    """A feed is visited by its rhythm, openly, at any hour it allows."""
    assert rules_of(tmp_path, "") == FeedRules()


def test_an_interval_and_the_hours_off_of_one_feed(tmp_path: Path) -> None:
    """In the units of all durations."""
    rules = rules_of(tmp_path, 'interval = "10m"\nskip_hours = "ignore"\n')
    assert (rules.interval_s, rules.obeys_skip_times) == (600, False)


def test_a_password_becomes_the_header_it_is_sent_in(tmp_path: Path) -> None:
    """Names and passwords outside ASCII as UTF-8, as browsers send them."""
    rules = rules_of(tmp_path, 'username = "jürgen"\npassword_env = "WIRE"\n', WIRE="pass:wört")
    kind, _, coded = rules.headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(coded).decode()) == ("Basic", "jürgen:pass:wört")


def test_a_key_and_a_proxy_come_from_where_secrets_are(tmp_path: Path) -> None:
    """From variables or files, the files are watched, and nothing of it is printed."""
    key = tmp_path / "key"
    key.write_text("Bearer hush\n")
    key.chmod(0o600)
    keys = f'header = "Authorization"\nheader_file = "{key}"\nproxy_env = "PROXY"\n'
    folder = write_folder(tmp_path / "config", feeds=FEED + keys)

    loaded = load(folder, {"PROXY": "http://me:hidden@proxy.example:3128"})

    rules = loaded.feeds[0].rules
    assert rules.headers == {"Authorization": "Bearer hush"}
    assert rules.proxy == "http://me:hidden@proxy.example:3128"
    assert key in loaded.files
    assert "hush" not in repr(loaded)
    assert "hidden" not in repr(loaded)
    key.chmod(0o644)
    assert str(key) in load(folder, {"PROXY": "http://proxy.example:3128"}).notes[0]
    # Who only looks at the archive rarely has the daemon's secrets.
    assert load(folder, {}, needs_channels=False).feeds[0].rules.proxy == ""


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('username = "me"\n', "password_env is missing beside username"),
        ('password_env = "WIRE"\n', "username is missing beside password_env or password_file"),
        ('header = "X-Key"\n', "header_env is missing beside header"),
        ('header = "User-Agent"\nheader_env = "WIRE"\n', "which is set for every request"),
        ('header = "X Key: a"\nheader_env = "WIRE"\n', "Write the header's name alone"),
        ('header = "X-Key"\nheader_env = "NONE"\n', "$NONE is not set"),
        ('header = "X-Key"\nheader_env = "BAD"\n', "what $BAD holds cannot be sent as a header"),
        ('proxy_env = "WIRE"\n', "what $WIRE holds cannot be sent as a proxy"),
        ('proxy = "socks://proxy.example"\n', "not an address"),
        ('proxy = "http://me:pw@proxy.example"\n', "Put the whole address into a variable"),
        ('proxy = "http://proxy.example"\nproxy_env = "WIRE"\n', "stands beside proxy_env"),
        ('interval = "1s"\n', "interval"),
        ('username = "me"\npassword_env = "WIRE"\nheader = "authorization"\nheader_env = "WIRE"\n', "username sets"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_with_its_line(tmp_path: Path, keys: str, expected: str) -> None:
    """And no fault repeats a secret."""
    folder = write_folder(tmp_path / "config", feeds=FEED + keys)
    environ = {"WIRE": "ftp-hidden", "BAD": "two\nlines-hidden"}
    faults = faults_of(folder, environ)
    assert any(expected in fault for fault in faults)
    assert all(fault.startswith("feeds.toml:") and "hidden" not in fault for fault in faults)
