"""The words of every fault: file and line first, a near-miss, and what to write."""

from pathlib import Path

import pytest

from monitor.config.faults import ConfigFaults, Problem
from tests.config.folder import write_folder
from tests.config.test_load import faults_of


def test_the_sample_of_the_design(tmp_path: Path) -> None:
    """Three slips in one watchlist come at once, each as the architecture shows it."""
    watchlist = """\
timezone = "Europe/Berlin"
[lists]
armed_groups = ["Hamas", "Hezbollah"]

[topics.hostage-negotiations]
name = "Hostage negotiations"
also = [
    "captive release",
    "prisoner swap",
    42,
]
schedule = "every 1h"
breaking = true

[topics.gulf-shipping]
name = "Attacks on Gulf shipping"
chanels = ["console"]
query = '''(tanker OR vessel OR "ship") NEAR/ (attack* OR seiz*)'''
"""
    assert faults_of(write_folder(tmp_path / "config", watchlist=watchlist)) == [
        'watchlist.toml:10: topic "hostage-negotiations": `also` 3 is a number (42). Write it in quotes: "42".',
        'watchlist.toml:17: topic "gulf-shipping": unknown key "chanels". Did you mean "channels"?',
        'watchlist.toml:18: topic "gulf-shipping": query, column 30: NEAR/ needs a whole number of words, '
        "as in NEAR/12.",
    ]


def test_a_missing_secret_is_named_by_its_variable(tmp_path: Path) -> None:
    """A token that is not set is told with the channel and the variable."""
    monitor = '[channels.desk]\nkind = "slack"\nchannel = "C0123456789"\ntoken_env = "SLACK_BOT_TOKEN"\n'
    assert faults_of(write_folder(tmp_path / "config", monitor=monitor)) == [
        'monitor.toml:4: channel "desk": $SLACK_BOT_TOKEN is not set. Set it where the daemon starts, '
        "or use token_file."
    ]


TOPIC = "[topics.t]\nname = 'x'\n"
SLACK = "[channels.d]\nkind = 'slack'\nchannel = 'C1'\n"


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "watchlist",
            "timezone = 'Europe/Berlim'",
            '1: `timezone`: "Europe/Berlim" is not known. Did you mean "Europe/B',
        ),
        ("watchlist", "topic = 1", '1: unknown key "topic". Did you mean "topics"?'),
        ("watchlist", "[topics.t]\nalso = []", '1: topic "t": `name` is missing. Add it, as in: name = "Hostage neg'),
        ("watchlist", "[topics.T]\nname='x'", '1: topic "T": the topic\'s key "T" may hold a-z, 0-9 and -'),
        ("watchlist", "[lists]\n'a b' = ['x']", '2: list "a b": the list\'s name "a b" may hold letters'),
        ("watchlist", "[lists]\na = ['x', 1]", '2: list "a": element 2 is a number (1). Write it in quotes: "1".'),
        (
            "watchlist",
            TOPIC + "level = 'broadd'",
            '3: topic "t": `level` is "broadd". Did you mean "broad"? It is one of',
        ),
        ("watchlist", TOPIC + "also = 'y'", '3: topic "t": `also` is "y". Write a list: ["y"].'),
        ("watchlist", TOPIC + "breaking = 'yes'", '3: topic "t": `breaking` is "yes". Write true or false, without q'),
        ("watchlist", TOPIC + "settle = 5", '3: topic "t": `settle` is 5. Write it in quotes, as in "5m".'),
        ("watchlist", TOPIC + "settle = '5 weeks'", '3: topic "t": `settle`: "5 weeks" is not a duration. Write a w'),
        ("watchlist", TOPIC + "schedule = 'every 7m'", '3: topic "t": `schedule`: "every 7m" does not divide a day'),
        ("watchlist", TOPIC + "quiet_hours = '22'", '3: topic "t": `quiet_hours`: "22" is not a span.'),
        ("watchlist", TOPIC + "channels = ['consol']", '3: topic "t": there is no channel "consol". Did you mean "con'),
        ("watchlist", TOPIC + "channels = []", '3: topic "t": `channels` is a list. Write at least 1.'),
        ("watchlist", TOPIC + "query = 'a'\nalso = ['b']", '4: topic "t": `also` belongs to a topic without `query`'),
        ("watchlist", TOPIC + "exclude = '''\na NEAR/ b'''", '3: topic "t": exclude, column 3: NEAR/ needs a whole'),
        ("watchlist", TOPIC + "also = ['y', '…']", '3: topic "t": "…" holds no word. Name what to look for.'),
        ("watchlist", TOPIC + "query = 'NOT film'", '3: topic "t": query, column 1: the query looks for no word.'),
        ("watchlist", TOPIC + "query = '@ships'", '3: topic "t": query, column 1: there is no list ships.'),
        ("watchlist", "topics = 3", "1: `topics` is a number (3). Write a table: [topics], with one"),
        ("watchlist", "[[topics.t]]\nname = 'x'", '1: topic "t": `t` is a list. Write a table: [topics.t], with one'),
        ("feeds", "[[feeds]]\nurl = 'feed://x'", '2: feed "feed://x": `url` is "feed://x", not an address.'),
        ("feeds", "[[feeds]]\nurl = 'https://x:99999/'", "2: feed"),
        (
            "feeds",
            "[[feeds]]\nurl = 'https://x/'\nweight = '2'",
            '3: feed "https://x/": `weight` is "2". Write a number',
        ),
        (
            "feeds",
            "[[feeds]]\nurl = 'https://x/'\nweight = 0",
            '3: feed "https://x/": `weight` is a number (0). It must',
        ),
        (
            "feeds",
            "[[feeds]]\nname = 'X'",
            '1: feed "X": `url` is missing. Add it, as in: url = "https://example.org/n',
        ),
        (
            "feeds",
            "[[feeds]]\nurl='https://x/'\nlanguage='English!'",
            '3: feed "https://x/": `language` is "English!".',
        ),
        ("feeds", "[feeds]\nurl = 'https://x/'", "1: `feeds` is a table. Write each feed under [[feeds]], with two br"),
        ("feeds", "feeds = ['https://x/']", "1: feed 1: "),
        ("monitor", "[webb]\nlisten = ''", '1: unknown key "webb". Did you mean "web"?'),
        (
            "monitor",
            "[web]\nlisten = '8080'",
            '2: [web] `listen` is "8080". Write host and port, as in "127.0.0.1:8080"',
        ),
        ("monitor", "[polling]\nconcurrency = 0", "2: [polling] `concurrency` is a number (0). It must be at least 1."),
        ("monitor", "[polling]\ninterval_min = '0s'", '2: [polling] `interval_min` is "0s". It must be at least 1 s'),
        ("monitor", "[polling]\ninterval_max = '1m'", "2: [polling] `interval_max` is shorter than interval_min"),
        ("monitor", "[polling]\nallow_private_hosts = ['10.0.0.0/99']", "2: [polling] `allow_private_hosts` 1 is"),
        (
            "monitor",
            "[polling]\nfirst_poll = 'none'",
            '2: [polling] `first_poll` is "none". It is one of "baseline" or',
        ),
        ("monitor", "[database]\nurl = 'postgres://h/d'", "2: [database] `url` is of a kind we do not know. Did you m"),
        ("monitor", "[database]\nurl = 'sqlite:///'", "2: [database] `url` names no file."),
        ("monitor", "[channels.d]\nkind = 'slak'", '2: channel "d": `kind` is "slak". Did you mean "slack"? It is one'),
        ("monitor", "[channels.d]\nname = 'x'", '1: channel "d": `kind` is missing. Add it: kind = "console", "slack"'),
        ("monitor", SLACK, '1: channel "d": token_env is missing. Name the variable that holds the token, or use t'),
        ("monitor", SLACK + "token = 'xoxb-1'", '4: channel "d": a token does not stand in this file. Name its place'),
        ("monitor", SLACK + "token_env = 'xoxb-1'", '4: channel "d": `token_env` is not the name of a variable.'),
        (
            "monitor",
            "[channels.d]\nkind='slack'\nchannel='#desk'\ntoken_env='T'",
            '3: channel "d": `channel` is "#desk".',
        ),
    ],
)
def test_each_fault_in_words(tmp_path: Path, file: str, text: str, expected: str) -> None:
    """Every kind of slip is told with its line, what stands there, and what to write instead."""
    folder = write_folder(tmp_path / "config", **{file: text + "\n"})
    found = faults_of(folder, {"T": "secret"})
    assert any(line.startswith(f"{file}.toml:{expected}") for line in found), found


@pytest.mark.parametrize(
    ("smtp", "expected"),
    [
        ("host = 'h', prt = 25", '5: channel "m": unknown key "prt". Did you mean "port"?'),
        ("host = 'h', port = 0", '5: channel "m": `smtp.port` is a number (0). It must be at least 1.'),
        ("port = 25", '5: channel "m": `host` is missing. Add it, as in: host = "mail.example.org"'),
        ("host = 'h', username = 'u'", '5: channel "m": password_env is missing beside username. Name the variable'),
        ("host = 'h', password_env = 'P'", '5: channel "m": username is missing beside the password.'),
        (
            "host = 'h', username = 'u', password_env = 'P', password_file = 'p'",
            '5: channel "m": `smtp.password_file` st',
        ),
        ("host = 'h', username = 'u', password = 'hunter2'", '5: channel "m": a password does not stand in this file.'),
    ],
)
def test_faults_inside_a_mail_channel(tmp_path: Path, smtp: str, expected: str) -> None:
    """The server's table within a channel is checked as well as the channel."""
    monitor = f"[channels.m]\nkind = 'email'\nto = ['desk@example.org']\nfrom = 'm@example.org'\nsmtp = {{ {smtp} }}\n"
    found = faults_of(write_folder(tmp_path / "config", monitor=monitor), {"P": "hunter2"})
    assert found[0].startswith(f"monitor.toml:{expected}"), found
    assert "hunter2" not in "\n".join(found)


@pytest.mark.parametrize("key", ["token", "token_env", "tokn", "secret", "api_key", "channel", "api_url", "kind"])
def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path, key: str) -> None:
    """A token pasted into the file is refused, and the message does not carry it into a log."""
    values = {"kind": "slack", "channel": "C1", key: "xoxb-9-very-secret"}
    monitor = "[channels.d]\n" + "".join(f"{name} = '{value}'\n" for name, value in values.items())
    found = faults_of(write_folder(tmp_path / "config", monitor=monitor))
    assert "very-secret" not in "\n".join(found)


def test_a_long_value_is_shown_shortened(tmp_path: Path) -> None:
    """A whole article pasted into a key does not fill the screen."""
    found = faults_of(write_folder(tmp_path / "config", watchlist=TOPIC + f"level = '{'long ' * 500}'\n"))
    assert len(found[0]) < 250


def test_faults_know_how_many_they_are_and_what_happens_meanwhile() -> None:
    """The last line counts the problems and says what the daemon does until they are mended."""
    faults = ConfigFaults(
        [Problem("config/a.toml", 3, "x."), Problem("config/b.toml", 0, "y.")], meanwhile="All stays."
    )
    assert str(faults) == "config/a.toml:3: x.\nconfig/b.toml: y.\n  2 problems. All stays."
