"""Make a list of a topic another one and keep the comments between its elements, where its lines allow it.

Effects: none.
"""

from collections.abc import Sequence

from monitor.config.edit import lines_of
from monitor.config.edit_lists import with_element
from monitor.config.files import ConfigFile, parse_config_file
from monitor.errors import ConfigError


def with_list(file: ConfigFile, topic: str, key: str, before: Sequence[object], wanted: Sequence[object]) -> str | None:
    """The file's text with the elements that went taken out and those that came put at the end of the list.

    None where that cannot be: elements come in another order, or share a line with something else. Then the list is
    written anew.
    """
    kept = [one for one in before if one in wanted]
    came = [one for one in wanted if one not in before]
    if not kept or [*kept, *came] != list(wanted):
        return None
    gone = [index for index, one in enumerate(before) if one not in wanted]
    text = _without_lines(file, topic, key, gone, len(before))
    if text is None:
        return None
    try:
        for one in came:
            text = with_element(parse_config_file(text.encode(), file.path, file.shown_path), topic, key, one)
    except ConfigError:
        return None
    return text


def _without_lines(file: ConfigFile, topic: str, key: str, gone: Sequence[int], count: int) -> str | None:
    """The text without the lines of these elements; None where one shares its line."""
    path, lines = ("topics", topic, key), lines_of(file.text)
    if not gone:
        return file.text
    if path not in file.places.arrays:
        return None
    first, last = file.places.first, file.places.last
    opening = file.text.count("\n", 0, file.places.arrays[path].opening) + 1
    closing = file.text.count("\n", 0, file.places.arrays[path].closing) + 1
    taken = [first[*path, index] for index in range(count)]
    drop: set[int] = set()
    for index in gone:
        begin, end = first[*path, index], last.get((*path, index), first[*path, index])
        if begin != end or taken.count(begin) > 1 or begin in (opening, closing):
            return None
        drop.add(begin)
    return "".join(line for number, line in enumerate(lines, 1) if number not in drop)
