"""`monitor fetch`: visit addresses as the daemon would.

Effects: network, files, prints.
"""

import argparse
import hashlib
import os
import tempfile
from pathlib import Path

from monitor.cli.lines import write_line
from monitor.config.load import ConfigFaults, load
from monitor.errors import FetchError, MonitorError
from monitor.feeds.fetch import fetch_once
from monitor.feeds.guard import Guard
from monitor.model import Fetched, Gone, NotModified

NAME = "fetch"
SUMMARY = "Visit addresses as the daemon would, refusing what it would refuse. Exit 1 when every one failed."
EXAMPLE = "monitor fetch --json https://feeds.bbci.co.uk/news/world/rss.xml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("url", metavar="URL", nargs="+")
    parser.add_argument("--json", action="store_true", help="one object per address")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where bodies go (default: a fresh temporary folder)")
    parser.add_argument(
        "--allow",
        metavar="NET",
        action="append",
        default=[],
        help="a network or host of your own, as in 127.0.0.0/8; may be repeated; those of the configuration count too",
    )


def run(args: argparse.Namespace) -> int:
    """Visit each address once and say what came back."""
    guard = Guard([*args.allow, *_configured(Path(args.config))])
    out: Path | None = args.out
    failed = 0
    for url in args.url:
        record = _visit(url, guard)
        body = record.pop("body")
        if isinstance(body, bytes) and body:
            out = out or Path(tempfile.mkdtemp(prefix="monitor-fetch-"))
            record["body_file"] = str(_keep(out, url, body))
        failed += record["error"] is not None
        if args.json:
            write_line(record)
        else:
            print(_words(record))
    return 1 if failed == len(args.url) else 0


def _configured(folder: Path) -> list[str]:
    """The networks that the configuration allows, where there is one that loads; this command needs none."""
    try:
        return list(load(folder, os.environ).settings.polling.allow_private_hosts)
    except ConfigFaults:
        return []


def _visit(url: str, guard: Guard) -> dict[str, object]:
    record: dict[str, object] = {
        "url": url,
        "final_url": None,
        "status": None,
        "bytes": 0,
        "etag": None,
        "last_modified": None,
        "body_file": None,
        "reason": None,
        "error": None,
        "body": None,
    }
    try:
        answer = fetch_once(url, guard)
    except FetchError as error:
        return {**record, "status": error.status, "reason": error.reason.value, "error": str(error)}
    if isinstance(answer, Gone):
        gone = "410: the feed is gone for good. Remove it, or correct its address."
        return {**record, "final_url": answer.final_url, "status": 410, "reason": "gone", "error": gone}
    found = {"final_url": answer.final_url, "etag": answer.etag, "last_modified": answer.last_modified}
    if isinstance(answer, NotModified):
        return {**record, **found, "status": 304}
    assert isinstance(answer, Fetched)
    return {**record, **found, "status": answer.status, "bytes": len(answer.body), "body": answer.body}


def _keep(folder: Path, url: str, body: bytes) -> Path:
    """Write a body under a name that its address decides, so that a second visit replaces the first."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hashlib.blake2b(url.encode('utf-8', 'replace'), digest_size=8).hexdigest()}.body"
        path.write_bytes(body)
    except OSError as error:
        raise MonitorError(f"cannot be written: {error.strerror}", where=str(folder)) from error
    return path


def _words(record: dict[str, object]) -> str:
    if record["error"] is not None:
        return f"{record['url']}\n  {record['error']}"
    moved = f" from {record['final_url']}" if record["final_url"] != record["url"] else ""
    kept = f", in {record['body_file']}" if record["body_file"] else ""
    return f"{record['url']}\n  {record['status']}, {record['bytes']} bytes{moved}{kept}"
