"""Read a secret from the variable or file that the configuration names; it is never shown.

Effects: reads files.
"""

import base64
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, field

from monitor.config.faults import Problem, say_where
from monitor.config.files import ConfigFile
from monitor.config.places import Path as KeyPath
from monitor.config.values import VARIABLE, is_file_name
from monitor.errors import ConfigError
from monitor.model import ChannelName

SECRET_BYTES_MAX = 65_536
"""Longest secret file read; tokens and passwords are under 1 kB, and a whole log put here by mistake is not one."""

TOKEN_CHARS_MIN, TOKEN_CHARS_MAX = 20, 500
"""Twenty random hex digits are 80 bits: nobody guesses them over a network."""
TOKEN_SIGNS_MIN = 8
"""Different characters in a token. Of twenty random hex digits one in two thousand has fewer."""


class Secret:
    """A token, password or signing key. Only `reveal` gives it; printing, logging or comparing in a test does not."""

    __slots__ = ("_value", "is_exposed", "origin")

    def __init__(self, value: str, origin: str, *, is_exposed: bool = False) -> None:
        self._value = value
        self.origin = origin
        """Where it came from, `$SLACK_BOT_TOKEN` or a file's path: what a message may name."""
        self.is_exposed = is_exposed
        """Whether every user of this machine may read the file it came from."""

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.origin})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self.origin)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")


def read_secret_variable(name: str, environ: Mapping[str, str], instead: str) -> Secret:
    """The secret in a variable, without white space around it; `instead` is the key that names a file."""
    value = environ.get(name, "").strip()
    if not value:
        state = "is empty" if name in environ else "is not set"
        raise ConfigError(f"${name} {state}", remedy=f"Set it where the daemon starts, or use {instead}.")
    return Secret(value, f"${name}")


def read_secret_file(path: Path, shown_path: str) -> Secret:
    """The secret in a file, without white space around it (most files end in a newline that is no part of it).

    A file that every user of the machine may read is taken, and noted: container platforms mount secrets that way.
    """
    try:
        mode = path.stat().st_mode  # before opening: a pipe would wait for somebody to write
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{shown_path} is not a file", remedy="Name a file that holds the secret alone.")
        with path.open("rb") as file:
            body = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(
            f"{shown_path} cannot be read ({error.strerror})",
            remedy="Make the file, and let the daemon's user read it.",
        ) from error
    if len(body) > SECRET_BYTES_MAX:
        raise ConfigError(f"{shown_path} is too long for a secret", remedy="Name a file that holds the secret alone.")
    value = body.decode("utf-8", "replace").strip()
    if not value or "\ufffd" in value:
        raise ConfigError(f"{shown_path} holds no secret", remedy="Write the secret into it, as one line of text.")
    return Secret(value, shown_path, is_exposed=bool(mode & stat.S_IROTH))


class SecretList(Struct):
    """The secrets of a configuration, with what is wrong with them."""

    of_channels: dict[ChannelName, Secret] = field(default_factory=dict)
    of_apps: dict[ChannelName, Secret] = field(default_factory=dict)
    """The token of the app behind a Slack channel, where buttons and commands are wanted."""
    of_database: Secret | None = None
    of_tokens: dict[str, Secret] = field(default_factory=dict)
    """What opens the page and the API, by the token's name."""
    of_ping: Secret | None = None
    """The address that is asked for after each good cycle: who knows it can pretend that all is well."""
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def gather_secrets(file: ConfigFile, environ: Mapping[str, str], *, needs_channels: bool = True) -> SecretList:
    """Every secret that monitor.toml names: Slack's tokens, an SMTP password, a webhook's key, the database's password.

    What the file names is looked up whether or not its table has other faults, so that all come at once. A relative
    path is looked for beside the file.
    """
    gathered = SecretList()
    database = file.values.get("database")
    if isinstance(database, Mapping):
        gathered.of_database = _read_named(("database",), database, "password", file, environ, gathered)
    of_database = list(gathered.problems)
    operator = file.values.get("operator")
    if isinstance(operator, Mapping):
        gathered.of_ping = _read_ping(operator, file, environ, gathered)
    _read_tokens(file, environ, gathered)
    channels = file.values.get("channels")
    for name, values in channels.items() if isinstance(channels, Mapping) else ():
        if not isinstance(values, Mapping):
            continue
        smtp = values.get("smtp")
        secret = (
            _read_named(("channels", name), values, "token", file, environ, gathered)
            or _read_named(("channels", name), values, "secret", file, environ, gathered)
            or (
                _read_named(("channels", name, "smtp"), smtp, "password", file, environ, gathered)
                if isinstance(smtp, Mapping)
                else None
            )
        )
        if secret is not None:
            gathered.of_channels[ChannelName(name)] = secret
        app_token = _read_named(("channels", name), values, "app_token", file, environ, gathered)
        if app_token is not None:
            gathered.of_apps[ChannelName(name)] = app_token
    if not needs_channels:
        gathered.problems = of_database
    return gathered


def _read_tokens(file: ConfigFile, environ: Mapping[str, str], gathered: SecretList) -> None:
    """Each token of `[web.tokens]`; one that is easily guessed, or is another's too, is a fault."""
    web = file.values.get("web")
    tokens = web.get("tokens") if isinstance(web, Mapping) else None
    for name, values in tokens.items() if isinstance(tokens, Mapping) else ():
        if not isinstance(values, Mapping):
            continue
        table: KeyPath = ("web", "tokens", name)
        token = _read_named(table, values, "token", file, environ, gathered)
        if token is None:
            continue
        same = next((other for other, held in gathered.of_tokens.items() if held == token), None)
        fault = find_token_fault(token.reveal()) or (f"is also that of {same!r}: each needs its own" if same else "")
        if fault:
            message = f"[web.tokens.{name}] what {token.origin} holds {fault}. Make one: openssl rand -hex 32"
            gathered.problems.append(Problem(file.shown_path, file.places.line(table), message))
        else:
            gathered.of_tokens[name] = token


def find_token_fault(token: str) -> str:
    """Why a token is none to open a page with, in words that do not repeat it; empty where it is one."""
    if not token.isascii() or not token.isprintable() or " " in token:
        return "cannot be sent in a header: it must be one word of plain ASCII"
    if not TOKEN_CHARS_MIN <= len(token) <= TOKEN_CHARS_MAX:
        return f"is too short or too long for a token: {TOKEN_CHARS_MIN} to {TOKEN_CHARS_MAX} characters are taken"
    if len(set(token)) < TOKEN_SIGNS_MIN:
        return "is easily guessed: the same few characters again and again"
    return ""


def _read_ping(
    operator: Mapping[str, object], file: ConfigFile, environ: Mapping[str, str], gathered: SecretList
) -> Secret | None:
    written = operator.get("ping_url")
    if isinstance(written, str):
        return Secret(written, "[operator] ping_url")
    found = _read_named(("operator",), operator, "ping_url", file, environ, gathered)
    if found is not None and not _is_address(found.reveal()):
        line = file.places.line(("operator",))
        message = f"[operator] what {found.origin} holds is no http or https address."
        gathered.problems.append(Problem(file.shown_path, line, message))
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class FeedSecrets(Struct):
    """What feeds.toml keeps apart for each feed, by its place in the file, with what is wrong with it."""

    headers: dict[int, dict[str, str]] = field(default_factory=dict)
    proxies: dict[int, str] = field(default_factory=dict)
    exposed: list[str] = field(default_factory=list)
    """Files that every user of the machine may read."""
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def gather_feed_secrets(file: ConfigFile, environ: Mapping[str, str]) -> FeedSecrets:
    """The passwords, keys and proxies of single feeds, as the headers and addresses they are used in."""
    found = FeedSecrets()
    gathered = SecretList()
    entries = file.values.get("feeds")
    for index, values in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(values, Mapping):
            continue
        table: KeyPath = ("feeds", index)
        headers = {}
        password = _read_named(table, values, "password", file, environ, gathered)
        if password is not None and isinstance(user := values.get("username"), str):
            headers["Authorization"] = _basic(user, password)
        key = _read_named(table, values, "header", file, environ, gathered)
        if key is not None and isinstance(name := values.get("header"), str):
            if key.reveal().isascii() and key.reveal().isprintable():
                headers[name] = key.reveal()
            else:
                found.problems.append(_unfit(table, file, key, "a header: it must be one line of plain ASCII"))
        proxy = _read_named(table, values, "proxy", file, environ, gathered)
        if proxy is not None and not _is_proxy(proxy.reveal()):
            found.problems.append(
                _unfit(
                    table,
                    file,
                    proxy,
                    'a proxy: it must be as in "http://user:password@host:3128", with %2F for / and the like',
                )
            )
        elif proxy is not None:
            found.proxies[index] = proxy.reveal()
        if headers:
            found.headers[index] = headers
        found.exposed += [one.origin for one in (password, key, proxy) if one is not None and one.is_exposed]
    found.problems += gathered.problems
    found.files += gathered.files
    return found


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
        )
    except ValueError:  # a password with a sign that ends the host, written as it is
        return False


def _basic(user: str, password: Secret) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()).decode("ascii")


def _unfit(table: KeyPath, file: ConfigFile, secret: Secret, what: str) -> Problem:
    message = f"{say_where(table, file.values)}what {secret.origin} holds cannot be sent as {what}."
    return Problem(file.shown_path, file.places.line(table), message)


def _read_named(
    table: KeyPath,
    values: Mapping[str, object],
    stem: str,
    file: ConfigFile,
    environ: Mapping[str, str],
    gathered: SecretList,
) -> Secret | None:
    variable, secret_path = values.get(f"{stem}_env"), values.get(f"{stem}_file")
    key = f"{stem}_env" if isinstance(variable, str) else f"{stem}_file"
    try:
        if isinstance(variable, str) and VARIABLE.fullmatch(variable):
            return read_secret_variable(variable, environ, f"{stem}_file")
        if isinstance(secret_path, str) and is_file_name(secret_path) and not isinstance(variable, str):
            path = file.path.parent / secret_path
            gathered.files.append(path)
            return read_secret_file(path, str(path))
    except ConfigError as error:
        path_in_file = (*table, key)
        where = say_where(path_in_file, file.values)
        gathered.problems.append(Problem(file.shown_path, file.places.line(path_in_file), f"{where}{error}"))
    return None
