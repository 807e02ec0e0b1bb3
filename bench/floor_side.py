"""The floor: the least Python that turns feeds into rows. It groups, matches, guards and remembers nothing.

`python -m bench.floor_side streams|httpx DATABASE ADDRESSES` is one round: `streams` asks by bare asyncio, `httpx` by
the client the monitor uses. A body is read by expat into rows that are inserted in one transaction.

Effects: database, network.
"""

import asyncio
import sqlite3
import sys
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit
from xml.parsers import expat

import httpx

CONCURRENCY = 50
Row = tuple[str, str, str, str, str]
Ask = Callable[[str, str], Awaitable[tuple[str, bytes]]]


async def ask_streams(url: str, etag: str) -> tuple[str, bytes]:
    """One conditional GET on a connection of its own: the tag and the body, empty when unchanged."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    writer.write(
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n"
        f"{condition}\r\n".encode()
    )
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
    return headers["ETag"], zlib.decompress(body, 47) if body else b""


def ask_httpx(client: httpx.AsyncClient) -> Ask:
    """The same through httpx."""

    async def ask(url: str, etag: str) -> tuple[str, bytes]:
        answer = await client.get(url, headers={"if-none-match": etag} if etag else {})
        return answer.headers["etag"], answer.content

    return ask


def read_rows(url: str, body: bytes) -> list[Row]:
    """The entries of a well-formed RSS or Atom feed."""
    rows: list[Row] = []
    entry: dict[str, str] = {}
    texts: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        texts.clear()
        if name in {"item", "entry"}:
            entry.clear()
        elif name == "link" and "href" in attributes:
            entry["link"] = attributes["href"]

    def end(name: str) -> None:
        if name in {"item", "entry"}:
            text = entry.get("description") or entry.get("content", "")
            rows.append((url, entry.get("guid") or entry["id"], entry["title"], entry["link"], text))
        else:
            entry.setdefault(name, "".join(texts))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = texts.append
    parser.Parse(body, True)
    return rows


async def run_round(ask: Ask, database: sqlite3.Connection, urls: list[str]) -> None:
    """Ask every feed, fifty at a time, and write what came in one transaction."""
    tags = dict(database.execute("SELECT url, etag FROM feed").fetchall())
    gate = asyncio.Semaphore(CONCURRENCY)
    rows: list[Row] = []

    async def poll(url: str) -> None:
        async with gate:
            tags[url], body = await ask(url, tags.get(url, ""))
        if body:
            rows.extend(read_rows(url, body))

    await asyncio.gather(*(poll(url) for url in urls))
    with database:
        database.executemany("INSERT OR IGNORE INTO article VALUES (?, ?, ?, ?, ?)", rows)
        database.executemany("INSERT OR REPLACE INTO feed VALUES (?, ?)", tags.items())


async def main(way: str, path: str, urls: list[str]) -> None:
    """One round."""
    database = sqlite3.connect(path)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE IF NOT EXISTS feed (url TEXT PRIMARY KEY, etag TEXT) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS article (feed TEXT, id TEXT, title TEXT, link TEXT, text TEXT, UNIQUE (feed, id));"
    )
    if way == "streams":
        await run_round(ask_streams, database, urls)
    else:
        async with httpx.AsyncClient(trust_env=False, headers={"accept-encoding": "gzip"}) as client:
            await run_round(ask_httpx(client), database, urls)
    database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text().split()))
