"""Whether the archive holds together: the file itself, what its rows say of each other, its counters and its index.

Reads all of it, so it takes minutes where there are millions of articles; it changes nothing and holds nobody up.

Effects: database.
"""

from collections.abc import Callable, Sequence
from functools import partial

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.storage.care_tables import SIGHTING
from monitor.storage.columns import ARTICLE_WORDS, metadata
from monitor.storage.delivery_tables import DELIVERY, FOLLOW_UP, SECOND_LOOK
from monitor.storage.store import Store, Transaction
from monitor.storage.story_tables import PRINT_KEY, STORY, STORY_PRINT
from monitor.storage.tables import ARTICLE, ARTICLE_VECTOR, COUNTER, DIGEST, INDEXED_ARTICLE, MATCH, NEAR_MISS, PAGE

RESTORE = "Restore a backup: monitor db restore FILE"
REPAIR = "Mend it: monitor db check --repair"


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    wrong: int
    """Rows, or faults of the file; 0 where all is well."""
    said: str
    remedy: str = ""
    """What to do; empty where all is well."""


class TableSize(Struct, frozen=True):
    """How large a table is."""

    table: str
    rows: int
    size_bytes: int | None
    """With its indexes; None where the database does not tell."""


class Checked(Struct, frozen=True):
    """What a check found."""

    findings: tuple[Finding, ...]
    sizes: tuple[TableSize, ...]
    free_bytes: int | None
    """Of a SQLite file, what is in no use; None on PostgreSQL."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.wrong for finding in self.findings)


class _Relation(Struct, frozen=True):
    """Rows whose other half ought to be there."""

    name: str
    said: str
    table: sa.Table
    wrong: Callable[[], sa.ColumnElement[bool]]
    is_mendable: bool = True
    """Whether the rows say nothing without their other half, and may go."""


def _lacks(column: sa.ColumnElement[object], other: sa.ColumnElement[object]) -> Callable[[], sa.ColumnElement[bool]]:
    return lambda: ~sa.exists().where(other == column)


def _of_articles(table: sa.Table) -> _Relation:
    name = str(table.name).replace("_", " ")
    return _Relation(f"{table.name} of an article", f"rows of {name} without their article", table,
                     _lacks(table.c.article_id, ARTICLE.c.id))  # fmt: skip


_RELATIONS: tuple[_Relation, ...] = (
    _Relation("article in a story", "articles without their story", ARTICLE, _lacks(ARTICLE.c.story_id, STORY.c.id),
              is_mendable=False),
    *map(_of_articles, (MATCH, NEAR_MISS, PAGE, ARTICLE_VECTOR, SIGHTING, SECOND_LOOK, FOLLOW_UP, INDEXED_ARTICLE)),
    *map(_of_articles, (STORY_PRINT, PRINT_KEY)),
    _Relation("match taken by a digest", "matches taken by a digest that is not there", MATCH,
              lambda: sa.and_(MATCH.c.digest_id.is_not(None), _lacks(MATCH.c.digest_id, DIGEST.c.id)()),
              is_mendable=False),
    _Relation("delivery of a digest", "deliveries of a digest that is not there", DELIVERY,
              lambda: sa.and_(DELIVERY.c.digest_id != 0, DELIVERY.c.kind == "digest",
                              _lacks(DELIVERY.c.digest_id, DIGEST.c.id)()), is_mendable=False),
    _Relation("merged story", "stories merged into one that is not there", STORY,
              lambda: sa.and_(STORY.c.merged_into.is_not(None), _merged_nowhere()), is_mendable=False),
)  # fmt: skip


def _merged_nowhere() -> sa.ColumnElement[bool]:
    other = STORY.alias("other")
    return ~sa.exists().where(other.c.id == STORY.c.merged_into)


def _tell_nobody(_what: str, _share: float) -> None:
    pass


def check(store: Store, tell: Callable[[str, float], None] = _tell_nobody) -> Checked:
    """Look at everything, in one view of the archive. `tell` is called with what is looked at next, and with what share
    of all is behind.
    """
    with store.read() as tx:
        db = tx.connection
        looks: list[tuple[str, Callable[[], Sequence[Finding]]]] = [("file", partial(_file, db))]
        looks += [(one.name, partial(_relations, db, one)) for one in _RELATIONS]
        looks += [("counters", partial(_counters, db)), ("index", partial(_index, tx))]
        findings: list[Finding] = []
        for number, (name, look) in enumerate(looks):
            tell(name, number / (len(looks) + 1))
            findings += look()
        tell("sizes", len(looks) / (len(looks) + 1))
        return Checked(tuple(findings), tuple(_sizes(db)), _free_bytes(db))


def repair(store: Store) -> list[str]:
    """Mend what can be made of the rest: what was done, in words. The word index is made anew by the daemon."""
    done: list[str] = []
    for relation in _RELATIONS:
        if relation.is_mendable:
            with store.write() as tx:
                gone = tx.connection.execute(sa.delete(relation.table).where(relation.wrong())).rowcount
            if gone:
                done.append(f"removed {gone} {relation.said}")
    with store.write() as tx:
        for name, most in _behind(tx.connection).items():
            row = sa.update(COUNTER).where(COUNTER.c.name == name)
            tx.connection.execute(row.values(value=most))
            done.append(f"the counter of {name} is {most} now")
        if any(finding.wrong for finding in _index(tx)):
            tx.words.clear()
            done.append("the index of words is empty now, and is made anew by the daemon or the next search")
    return done


def _file(connection: Connection) -> list[Finding]:
    if connection.dialect.name != "sqlite":
        return []
    said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(20)")]
    faults = [line for line in said if line != "ok"]
    return [Finding("file", len(faults), "; ".join(faults)[:500] or "the file is whole", RESTORE if faults else "")]


def _relations(connection: Connection, relation: _Relation) -> list[Finding]:
    asked = sa.select(sa.func.count()).select_from(relation.table).where(relation.wrong())
    wrong = connection.execute(asked).scalar_one()
    remedy = "" if not wrong else REPAIR if relation.is_mendable else RESTORE
    return [Finding(relation.name, wrong, f"{wrong or 'no'} {relation.said}", remedy)]


def _behind(connection: Connection) -> dict[str, int]:
    """Counters that would give out ids which are in use, with the highest that is."""
    found: dict[str, int] = {}
    counters = {row.name: row.value for row in connection.execute(sa.select(COUNTER))}
    for name, table in (("article", ARTICLE), ("digest", DIGEST), ("delivery", DELIVERY)):
        most = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        if most > counters.get(name, 0):
            found[name] = most
    return found


def _counters(connection: Connection) -> list[Finding]:
    behind = _behind(connection)
    said = f"counters behind the ids in use: {', '.join(sorted(behind))}" if behind else "counters are ahead of all ids"
    return [Finding("counters", len(behind), said, REPAIR if behind else "")]


def _index(tx: Transaction) -> list[Finding]:
    """As many articles stand in the index as it is noted: each has one token of its language there."""
    noted = tx.words.count()
    held = tx.words.count_held()
    wrong = abs(held - noted)
    said = f"the index of words holds {held} articles, and {noted} are noted" if wrong else f"{held} articles indexed"
    return [Finding("index of words", wrong, said, REPAIR if wrong else "")]


def _sizes(connection: Connection) -> list[TableSize]:
    names = sorted(metadata.tables)
    sizes = _bytes_of(connection, [*names, ARTICLE_WORDS])
    found = [
        TableSize(name, connection.execute(sa.select(sa.func.count()).select_from(metadata.tables[name])).scalar_one(),
                  sizes.get(name))
        for name in names
    ]  # fmt: skip
    if ARTICLE_WORDS in sizes:
        noted = next(one.rows for one in found if one.table == INDEXED_ARTICLE.name)
        found.append(TableSize(ARTICLE_WORDS, noted, sizes[ARTICLE_WORDS]))
    return sorted(found, key=lambda one: (-(one.size_bytes or 0), -one.rows, one.table))


def _bytes_of(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    if connection.dialect.name != "sqlite":
        size = sa.text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return {name: connection.execute(size, {"name": f'"{name}"'}).scalar_one() for name in names}
    try:
        rows = connection.exec_driver_sql(
            "SELECT name, SUM(pgsize) FROM dbstat WHERE aggregate = 1 GROUP BY name"
        ).all()
    except sa.exc.DBAPIError:
        return {}  # this SQLite was built without it
    owner = {name: table for table, name in connection.exec_driver_sql("SELECT tbl_name, name FROM sqlite_master")}
    found: dict[str, int] = {}
    for name, size in rows:
        table = ARTICLE_WORDS if name.startswith(ARTICLE_WORDS) else owner.get(name, name)
        found[table] = found.get(table, 0) + size
    return {name: size for name, size in found.items() if name in names}


def _free_bytes(connection: Connection) -> int | None:
    if connection.dialect.name != "sqlite":
        return None
    free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    return int(free) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
