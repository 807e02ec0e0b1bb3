"""How one value of a config file is read: durations, addresses, schedules, queries, with a sentence for each fault.

A fault's text follows the name of its key, so that every message reads `key` is …; what to write instead comes last.

Effects: none beyond reading the machine's time zone names.
"""

import ipaddress
import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo

from monitor.digests.budget import parse_budget
from monitor.digests.schedule import check_timezone, parse_duration, parse_quiet_hours, parse_schedule
from monitor.errors import MonitorError, QueryError
from monitor.logs import redact
from monitor.model import Budget, QuietHours
from monitor.model.feeds import FOLDERS_MAX
from monitor.text import plain_line
from monitor.topics.query import compile_query

SHOWN_MAX = 60
"""Longest piece of a person's own value repeated in a message, in characters."""

SECRET_CHARS_MAX = 4096
"""So much of a value is searched for tokens before it is shortened; no token is nearly as long."""

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_MAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")
_MAIL_NAMED = re.compile(r"[^<>\r\n]*<([^<>]+)>\s*")
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(MB|GB|TB)", re.IGNORECASE)
_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""The name of an environment variable, in capitals: a password put in its place must not pass for a name."""

_OWN_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "cookie", "host", "range", "te"}
    | {"if-modified-since", "if-none-match", "transfer-encoding", "upgrade", "user-agent"}
)

_T = TypeVar("_T")


QUERIES_KEPT_MAX = 4_096
"""Queries whose check is remembered, so that a reload costs what the edit costs: at most some megabytes."""
URL_CHARS_MAX = 2_000
"""Longer ones fit no index of PostgreSQL, and many servers refuse them."""
NAME_CHARS_MAX = 100
"""Of a topic's or channel's key: what the database keeps of it."""


class ValueFault(ValueError):
    """What is wrong with a value. `key` names the key to blame where a whole table was looked at, or the way to it."""

    def __init__(self, text: str, *, key: str | tuple[str, ...] = (), is_whole: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.key = (key,) if isinstance(key, str) else key
        self.is_whole = is_whole
        """True when the text is the whole sentence, and the key's name must not stand before it."""


def shown(value: object) -> str:
    """A value as a message repeats it: text in quotes, shortened, tokens hidden; anything else as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = plain_line(redact(str(value)[:SECRET_CHARS_MAX]))
    text = text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def near_miss(word: str, known: list[str]) -> str:
    """`Did you mean "…"? ` for a word that is nearly one of the known ones, else nothing."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f'Did you mean "{folded[close[0]]}"? ' if close else ""


def _in_words(error: MonitorError) -> str:
    stop = "" if error.what.endswith((".", "!", "?")) else "."
    return f"{error.what}{stop} {error.remedy}".strip()


def _parsed(parse: Callable[[str], _T], example: str) -> Callable[[object, ValidationInfo], _T]:
    """A reader of text in quotes that speaks our faults."""

    def read(value: object, info: ValidationInfo) -> _T:
        if not isinstance(value, str):
            raise ValueFault(f"is {shown(value)}. Write it in quotes, as in {example}.")
        try:
            return parse(value)
        except MonitorError as error:
            raise ValueFault(f": {_in_words(error)}".replace(f": {info.field_name} ", ": ", 1)) from error

    return read


def _read_quiet_hours(text: str) -> QuietHours | None:
    return parse_quiet_hours(text) if text else None


def _read_size(text: str) -> int:
    """Bytes of a size as a person writes it; 1 GB is a thousand MB, as disks are sold and `df -H` counts."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueFault(f'is {shown(text)}. Write a number and MB, GB or TB, as in "20GB".')
    return int(float(found[1]) * _SIZES[found[2].upper()])


def _read_schedule(text: str) -> str:
    parse_schedule(text, "UTC")
    return text


def _read_timezone(name: str) -> str:
    check_timezone(name)
    return name


def _check_url(url: str) -> str:
    fault = ValueFault(f"is {shown(url)}, not an address. Write it whole, as in https://example.org/news.xml.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise fault from None
    if parts.scheme.lower() not in ("http", "https") or not host or re.search(r"[\s\x00-\x1f\x7f<>\"]", url):
        raise fault
    if parts.username or parts.password:
        raise ValueFault("holds a user name or password, and is refused when it is fetched. Take it out.")
    if len(url) > URL_CHARS_MAX:
        raise ValueFault(f"has {len(url)} characters. No address of a feed needs more than {URL_CHARS_MAX}.")
    return url


def _check_proxy(url: str) -> str:
    parts = urlsplit(url) if "@" in url else None
    if parts is not None and (parts.username or parts.password):
        text = "holds a user name or password. Put the whole address into a variable, and name it in proxy_env."
        raise ValueFault(text)
    return _check_url(url)


def url_fault(url: str) -> str | None:
    """What is wrong with a feed's address, as a sentence that goes on after its key; None for a good one."""
    try:
        _check_url(url)
    except ValueFault as fault:
        return fault.text
    return None


def is_address(text: str) -> bool:
    """Whether a text is an http or https address and nothing else."""
    return text[:8].lower().startswith(("http://", "https://")) and url_fault(text) is None


def _check_folder(text: str) -> str:
    names = text.split("/")
    if len(names) > FOLDERS_MAX:
        raise ValueFault(f"has {len(names)} levels. At most {FOLDERS_MAX} fit into an OPML file.")
    if any(name != plain_line(name) or not name for name in names):
        raise ValueFault(f'is {shown(text)}. Write names joined by one / each, as in "World/Africa".')
    return text


def _check_https(url: str) -> str:
    if not url.lower().startswith("https://"):
        raise ValueFault("must begin with https://: what readers do there must not be read on the way.")
    return url.rstrip("/")


def _check_api_url(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def is_language(tag: str) -> bool:
    """Whether it has the form of a language code, `en` or `pt-BR`."""
    return _LANGUAGE.fullmatch(tag) is not None


def _check_language(tag: str) -> str:
    if not is_language(tag):
        raise ValueFault(f'is {shown(tag)}. Write a language code, as in "en" or "pt-BR".')
    return tag


def _check_header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
        raise ValueFault(f'is {shown(name)}. Write the header\'s name alone, as in "X-Api-Key".')
    if name.lower() in _OWN_HEADERS:
        raise ValueFault(f"is {shown(name)}, which is set for every request. Name the one that carries your key.")
    return name


def _check_mail(address: str) -> str:
    named = _MAIL_NAMED.fullmatch(address)
    bare = named.group(1) if named else address
    if not _MAIL.fullmatch(bare.strip()) or "\n" in address or "\r" in address:
        raise ValueFault(f'is {shown(address)}, not a mail address. Write it as in "desk@example.org".')
    return address


def _check_private_host(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        if not _HOST_NAME.fullmatch(text) or text.replace(".", "").isdigit():
            raise ValueFault(
                f'is {shown(text)}. Write a network or a host name, as in "127.0.0.0/8" or "feeds.example.org".'
            ) from None
    return text


def split_listen(text: str) -> tuple[str, int] | None:
    """Host and port of a `host:port` (IPv6 in brackets); None where the page is switched off by an empty text."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not int(port) <= 65535:
        raise ValueFault(f'is {shown(text)}. Write host and port, as in "127.0.0.1:8080", or "" for no page.')
    return host, int(port)


def _check_listen(text: str) -> str:
    split_listen(text)
    return text


def _check_slack_host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(\.enterprise)?\.slack\.com", text):
        raise ValueFault(f"is {shown(text)}. Write the host your workspace is opened at, as in example.slack.com.")
    return text


def _check_slack_channel(text: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]+", text):
        raise ValueFault(
            f"is {shown(text)}. Write the channel's ID, as in C0123456789: Slack shows it at the end of the channel's "
            "details, and a name cannot be asked whether a message arrived."
        )
    return text


def _check_variable(name: str) -> str:
    if not VARIABLE.fullmatch(name):
        # A token put here by mistake must not be repeated in a message.
        raise ValueFault('is not the name of a variable. Write the name alone, in capitals, as in "SLACK_BOT_TOKEN".')
    return name


def _key_check(pattern: str, what: str, rule: str) -> Callable[[str], str]:
    """A check of a name that a person gives to a table or a list."""

    def check(name: str) -> str:
        if not re.fullmatch(pattern, name):
            raise ValueFault(f"the {what} {shown(name)} {rule}", is_whole=True)
        return name

    return check


def is_file_name(text: str) -> bool:
    """Whether a system can be asked for a file of this name at all."""
    return bool(text) and "\x00" not in text


def _check_file_name(text: str) -> str:
    if not is_file_name(text):
        raise ValueFault(f"is {shown(text)}, which no file can be called. Write the file's name.")
    return text


def _check_query(text: str, info: ValidationInfo) -> str:
    """Compile against the lists of the file; the compiled form is made again by the matcher."""
    lists = (info.context or {}).get("lists", {}) if "@" in text else {}
    fault = _find_query_fault(text, tuple(lists.items()), str(info.field_name))
    if fault is not None:
        raise ValueFault(fault, is_whole=True)
    return text


@lru_cache(QUERIES_KEPT_MAX)
def _find_query_fault(text: str, lists: tuple[tuple[str, tuple[str, ...]], ...], key: str) -> str | None:
    """What is wrong with a query, in words. Remembered: of a thousand queries a reload finds one that is new."""
    try:
        compile_query(text, dict(lists), is_exclusion=key == "exclude")
    except QueryError as error:
        before = text[: error.column - 1]
        place = f"column {error.column}"
        if "\n" in text:
            place = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
        return f"{key}, {place}: {_in_words(error)}"
    return None


def read_example(value: object) -> object:
    """An example written in quotes as the table it stands for: an address, or a headline and below it the text."""
    if isinstance(value, str):
        if is_address(value.strip()):
            return {"url": value.strip()}
        title, _, text = value.strip().partition("\n")
        return {"title": title.strip(), "text": text.strip()}
    if not isinstance(value, dict):
        raise ValueFault(f'is {shown(value)}. Write a headline in quotes, or {{ title = "…", text = "…" }}.')
    return value


Line = Annotated[str, Field(min_length=1)]
FileName = Annotated[str, Field(min_length=1), AfterValidator(_check_file_name)]
TopicKeyText = Annotated[
    str,
    AfterValidator(
        _key_check(
            f"[a-z0-9-]{{1,{NAME_CHARS_MAX}}}",
            "topic's key",
            "may hold a-z, 0-9 and - alone, at most 100, as in [topics.gulf-shipping].",
        )
    ),
]
ChannelKey = Annotated[
    str,
    AfterValidator(
        _key_check(
            f"[A-Za-z0-9_-]{{1,{NAME_CHARS_MAX}}}",
            "channel's name",
            "may hold letters, digits, _ and - alone, at most 100, as in [channels.desk].",
        )
    ),
]
TokenKey = Annotated[
    str,
    AfterValidator(
        _key_check(
            f"[A-Za-z0-9_-]{{1,{NAME_CHARS_MAX}}}",
            "token's name",
            "may hold letters, digits, _ and - alone, at most 100, as in [web.tokens.desk].",
        )
    ),
]
ListKey = Annotated[
    str,
    AfterValidator(
        _key_check("[A-Za-z0-9_-]+", "list's name", "may hold letters, digits, _ and -, as in armed_groups.")
    ),
]
Duration = Annotated[int, BeforeValidator(_parsed(parse_duration, '"5m"'))]
Size = Annotated[int, BeforeValidator(_parsed(_read_size, '"20GB"'))]
BudgetText = Annotated[Budget, PlainValidator(_parsed(parse_budget, '"8 per day"'))]
QuietSpan = Annotated[QuietHours | None, PlainValidator(_parsed(_read_quiet_hours, '"22:00-06:30"'))]
ScheduleText = Annotated[str, BeforeValidator(_parsed(_read_schedule, '"every 1h"'))]
TimezoneName = Annotated[str, BeforeValidator(_parsed(_read_timezone, '"Europe/Berlin"'))]
Url = Annotated[str, AfterValidator(_check_url)]
HttpsUrl = Annotated[str, AfterValidator(_check_url), AfterValidator(_check_https)]
ProxyUrl = Annotated[str, AfterValidator(_check_proxy)]
ApiUrl = Annotated[str, AfterValidator(_check_url), AfterValidator(_check_api_url)]
FolderPath = Annotated[str, AfterValidator(_check_folder)]
LanguageTag = Annotated[str, AfterValidator(_check_language)]
HeaderName = Annotated[str, AfterValidator(_check_header)]
MailAddress = Annotated[str, AfterValidator(_check_mail)]
PrivateHost = Annotated[str, AfterValidator(_check_private_host)]
Listen = Annotated[str, AfterValidator(_check_listen)]
SlackChannelId = Annotated[str, AfterValidator(_check_slack_channel)]
SlackHost = Annotated[str, AfterValidator(_check_slack_host)]
VariableName = Annotated[str, AfterValidator(_check_variable)]
QueryText = Annotated[str, AfterValidator(_check_query)]
