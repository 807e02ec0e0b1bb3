"""How SQLite's index of words is kept together: in slices that a caller asks for, never within another's transaction.

Each transaction adds a segment to the index, and left to itself FTS5 merges segments inside whatever transaction comes
next: on a large archive for a quarter of a second. So that is turned off, for good and in the file, and whoever writes
asks for slices afterwards. What is killed in between has one segment too many, which the next slice takes.
https://www.sqlite.org/fts5.html#the_automerge_configuration_option

Effects: database.
"""

from sqlalchemy.engine import Connection

from monitor.storage.columns import ARTICLE_WORDS

SLICE_PAGES = 32
"""Pages of a slice: milliseconds, and the list of one word at least, which for a word in each of a million articles
takes fifty."""
SEGMENTS_MAX = 64
"""Segments of a level at which FTS5 merges at once after all: a bound that is not met where slices are asked for."""
# Put together of the table's name alone; every value goes in as a parameter.
_SET = f"INSERT INTO {ARTICLE_WORDS}({ARTICLE_WORDS}, rank) VALUES (?, ?)"  # noqa: S608
_SET_ALREADY = f"SELECT k, v FROM {ARTICLE_WORDS}_config WHERE k IN ('automerge', 'crisismerge')"  # noqa: S608
_SETTINGS = {"automerge": 0, "crisismerge": SEGMENTS_MAX}
_CHANGES = "SELECT total_changes()"


def merge_on_request(connection: Connection) -> None:
    """See to it that this transaction's writes to the index, and all later ones, merge nothing by themselves."""
    if connection.dialect.name != "sqlite":
        return
    known = {row[0]: row[1] for row in connection.exec_driver_sql(_SET_ALREADY)}
    for name, value in _SETTINGS.items():
        if known.get(name) != value:
            connection.exec_driver_sql(_SET, (name, value))


def merge_slice(connection: Connection, pages: int = SLICE_PAGES, *, of_all: bool = False) -> bool:
    """Merge so many pages where a level has four segments or a merge is under way; whether there may be more to do.

    `of_all` begins to put the whole index together, without what was removed: the slices after it go on with that.
    PostgreSQL does both by itself. https://www.sqlite.org/fts5.html#the_merge_command
    """
    if connection.dialect.name != "sqlite":
        return False
    before = connection.exec_driver_sql(_CHANGES).scalar_one()
    connection.exec_driver_sql(_SET, ("merge", -pages if of_all else pages))
    return int(connection.exec_driver_sql(_CHANGES).scalar_one()) - int(before) >= 2
