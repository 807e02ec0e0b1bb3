"""Turn what validation found into problems a person can act on: file and line first, what is wrong, what to write.

Effects: none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import TypeVar

from msgspec import Struct
from pydantic import BaseModel, ValidationError

from monitor.config.channels import CHANNEL_KINDS, SmtpSection
from monitor.config.places import Path, Places
from monitor.config.schema import ExampleEntry, FeedEntry, TopicEntry
from monitor.config.values import ValueFault, near_miss, shown
from monitor.config.web import ProxySection, TokenSection
from monitor.errors import ConfigError
from monitor.text import plain_line, plural

# Never repeated in a message, whatever is wrong with them: their values may be secrets put in the wrong place.
_SECRET_KEYS = {"token", "password", "secret", "api_key", "token_env", "password_env", "secret_env"}
_Shape = TypeVar("_Shape", bound=BaseModel)
_SUBJECTS = {"topics": "topic", "channels": "channel", "lists": "list"}


class Problem(Struct, frozen=True, order=True):
    """One fault of one file."""

    path: str
    """The file as a person would name it, `config/watchlist.toml`."""
    line: int
    """Counts from 1; 0 where the fault has no line, such as a file that is not there."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


class ConfigFaults(ConfigError):
    """Everything that is wrong with a configuration, at once, each with its line; nothing of it is in force."""

    def __init__(self, problems: Iterable[Problem], *, meanwhile: str = "", files: Sequence[FilePath] = ()) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        self.meanwhile = meanwhile
        """What the daemon does until this is mended, as a sentence."""
        self.files = tuple(files)
        """Every file that was looked at: a change of any of them may mend it."""
        super().__init__(f"{plural(len(self.problems), 'problem')} in the configuration", remedy=meanwhile)

    def __str__(self) -> str:
        summary = f"  {plural(len(self.problems), 'problem')}. {self.meanwhile}".rstrip()
        return "\n".join([*(str(problem) for problem in self.problems), summary])


def check_shape(
    model: type[_Shape],
    values: Mapping[str, object],
    where: str,
    places: Places,
    context: Mapping[str, object] | None = None,
) -> tuple[_Shape | None, list[Problem]]:
    """A file's values as the model, or None with every fault of theirs, in words, in the file's order."""
    try:
        return model.model_validate(values, context=dict(context or {})), []
    except ValidationError as error:
        return None, _find_faults(error, model, values, where, places)


def _find_faults(
    error: ValidationError, model: type[BaseModel], values: Mapping[str, object], where: str, places: Places
) -> list[Problem]:
    problems = []
    for detail in error.errors(include_url=False):
        path = _path_in_file(detail["loc"])
        fault = (detail.get("ctx") or {}).get("error")
        if isinstance(fault, ValueFault) and fault.key:
            path = (*path, *fault.key)
        elif detail["type"] == "union_tag_invalid":
            path = (*path, "kind")
        text = _in_words(detail["type"], detail, path, model, values)
        # A key may hold a line's end too, and a fault stays on one line.
        problems.append(Problem(where, places.line(path), plain_line(say_where(path, values) + text)))
    return sorted(problems, key=lambda problem: problem.line)


def say_where(path: Path, values: Mapping[str, object]) -> str:
    """Whose fault it is, as a message begins: `topic "gulf-shipping": `, `feed "BBC World": `, `polling: `."""
    if path[:1] == ("feeds",) and len(path) > 1 and isinstance(path[1], int):
        feed = look_up(values, path[:2])
        name = feed.get("name") or feed.get("url") if isinstance(feed, Mapping) else None
        return f"feed {shown(name)}: " if isinstance(name, str) else f"feed {path[1] + 1}: "
    if path and path[0] in _SUBJECTS and len(path) > 1:
        return f"{_SUBJECTS[str(path[0])]} {shown(str(path[1]))}: "
    return f"[{path[0]}] " if len(path) > 1 and isinstance(look_up(values, path[:1]), Mapping) else ""


def look_up(values: object, path: Path) -> object:
    """The value at a path, or None."""
    for part in path:
        is_key = isinstance(values, Mapping) and part in values
        is_element = isinstance(values, list) and isinstance(part, int) and part < len(values)
        if not is_key and not is_element:
            return None
        values = values[part]  # type: ignore[index]  # one of the two, as just asked
    return values


def _path_in_file(location: tuple[int | str, ...]) -> Path:
    """Pydantic's location without what is not in the file: a channel's kind, the mark of a faulty key."""
    path = tuple(part for part in location if part != "[key]")
    if path[:1] == ("channels",) and len(path) > 2 and path[2] in CHANNEL_KINDS:
        path = (*path[:2], *path[3:])
    return path


def _key_name(path: Path) -> str:
    """A key as it is named after its subject: `also` 3, `smtp.port`."""
    skip = 2 if path[0] in _SUBJECTS or path[0] == "feeds" else 1
    rest = path[skip:] if len(path) > skip else path[-1:]
    if path[0] == "topics" and len(rest) > 2 and isinstance(rest[1], int):
        return f"`{rest[0]}` {rest[1] + 1}, `{rest[2]}`"
    if rest and isinstance(rest[-1], int):
        around = rest[:-1] if path[0] == "lists" else rest[:-1] or path[:1]
        names = [str(part) for part in around if not isinstance(part, int)]
        return f"`{'.'.join(names)}` {rest[-1] + 1}" if names else f"element {rest[-1] + 1}"
    return f"`{'.'.join(str(part) for part in rest)}`"


def _keys_at(path: Path, model: type[BaseModel], values: Mapping[str, object]) -> Mapping[str, str]:
    """The keys known in the table that holds the last part of a path, with an example of each."""
    if path[:1] == ("topics",) and len(path) > 4:
        model = ExampleEntry
    elif path[:1] == ("topics",) and len(path) == 3:
        model = TopicEntry
    elif path[:1] == ("feeds",) and len(path) == 3:
        model = FeedEntry
    elif path[:1] == ("channels",) and len(path) == 3:
        model = CHANNEL_KINDS.get(str(look_up(values, (*path[:2], "kind"))), TopicEntry)
    elif path[:1] == ("channels",):
        model = SmtpSection
    elif path[:1] == ("web",) and len(path) > 2:
        model = TokenSection if path[1] == "tokens" else ProxySection
    elif len(path) == 2:
        section = model.model_fields[str(path[0])].annotation
        model = section if isinstance(section, type) and issubclass(section, BaseModel) else model
    return {
        field.alias or name: str(field.examples[0]) if field.examples else "…"
        for name, field in model.model_fields.items()
    }


def _in_words(
    kind: str, detail: Mapping[str, object], path: Path, model: type[BaseModel], values: Mapping[str, object]
) -> str:
    context = detail.get("ctx")
    context = context if isinstance(context, Mapping) else {}
    value = detail.get("input")
    fault = context.get("error")
    key = str(path[-1])
    if isinstance(fault, ValueFault):
        if fault.is_whole:
            return fault.text
        return f"{_key_name(path)}{'' if fault.text.startswith(':') else ' '}{fault.text}"
    if path[:2] == ("web", "tokens") and len(path) == 3:  # what stands here may be the token: it is not repeated
        return f"a token does not stand in this file. Write [web.tokens.{key}], below it token_env or token_file."
    if kind == "extra_forbidden":
        return _unknown_key(key, _keys_at(path, model, values))
    if kind == "missing":
        return f"`{key}` is missing. Add it, as in: {key} = {_keys_at(path, model, values).get(key, '…')}"
    if kind == "union_tag_not_found":
        return f"`kind` is missing. Add it: kind = {_one_of(list(CHANNEL_KINDS))}."
    if kind == "union_tag_invalid":
        return _not_among(f"`kind` is {shown(context.get('tag'))}", str(context.get("tag")), list(CHANNEL_KINDS))
    if kind == "literal_error":
        known = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return _not_among(f"{_key_name(path)} is {_what(value, key)}", str(value), known)
    return f"{_key_name(path)} is {_what(value, key)}. {_what_instead(kind, context, value, path)}"


def _unknown_key(key: str, known: Mapping[str, str]) -> str:
    for stem in ("token", "password", "secret"):
        if key == stem and f"{stem}_env" in known:
            return f"a {stem} does not stand in this file. Name its place with {stem}_env or {stem}_file."
    near = near_miss(key, list(known))
    return f"unknown key {shown(key)}. {near or 'Known here: ' + ', '.join(known) + '.'}".rstrip()


def _not_among(what: str, word: str, known: list[str]) -> str:
    return f"{what}. {near_miss(word, known)}It is one of {_one_of(known)}."


def _one_of(words: list[str]) -> str:
    return ", ".join(shown(word) for word in words[:-1]) + f" or {shown(words[-1])}"


def _what(value: object, key: str) -> str:
    """A faulty value as a person would call it."""
    if key in _SECRET_KEYS:
        return "not what stands here"
    if isinstance(value, bool):
        return f"a truth value ({shown(value)})"
    if isinstance(value, int | float):
        return f"a number ({value})"
    if isinstance(value, datetime | date | time):
        return f"a date or time ({value})"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "a table"
    return shown(value) if value else "empty"


def _unit(value: object) -> str:
    """What a bound is counted in, where the value is a text with a unit of its own: "90s", "20GB"."""
    if not isinstance(value, str):
        return ""
    return {"s": " s", "m": " s", "h": " s", "d": " s", "B": " bytes"}.get(value.strip()[-1:], "")


def _what_instead(kind: str, context: Mapping[str, object], value: object, path: Path) -> str:
    """What to write, by the kind of fault."""
    bounds = {
        "greater_than_equal": ("ge", "It must be at least {}."),
        "less_than_equal": ("le", "It must be at most {}."),
        "greater_than": ("gt", "It must be more than {}."),
        "too_short": ("min_length", "Write at least {}."),
        "too_long": ("max_length", "Write at most {}."),
        "string_too_short": ("min_length", "Write something, or take it away."),
        "string_too_long": ("max_length", "Write at most {} characters."),
    }
    if kind in bounds:
        name, sentence = bounds[kind]
        unit = _unit(value) if name in ("ge", "le", "gt") else ""
        return sentence.format(f"{context[name]}{unit}")
    if kind in ("string_type", "string_sub_type"):
        scalar = isinstance(value, bool | int | float | datetime | date | time)
        return f'Write it in quotes: "{shown(value)}".' if scalar else "Write one text in quotes."
    header = ".".join(str(part) for part in path if not isinstance(part, int))
    if kind == "list_type" and path == ("feeds",):
        return "Write each feed under [[feeds]], with two brackets."
    if kind == "list_type":
        return f"Write a list: [{shown(value)}]." if isinstance(value, str | int | float) else "Write a list: [ … ]."
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return f"Write a table: [{header}], with one bracket." if path[0] != "feeds" else "Write [[feeds]] blocks."
    if kind.startswith("bool"):
        return "Write true or false, without quotes."
    if kind.startswith(("int", "float")):
        return "Write a number, without quotes."
    return "It cannot stand here."
