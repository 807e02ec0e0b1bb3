"""`monitor fetch`: what the daemon would get from these addresses, and why it would refuse the others.

Effects: network, reads the configuration where there is one, writes the bodies to a folder, prints.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from monitor.cli.lines import write_line
from monitor.config.load import load
from monitor.config.schema import PollingSection
from monitor.errors import ConfigError, FetchError, MonitorError
from monitor.feeds.fetch import fetch_once
from monitor.feeds.guard import Guard
from monitor.model import Fetched, Gone
from monitor.urls import host_of

EXAMPLE = "monitor fetch --out feeds https://feeds.bbci.co.uk/news/world/rss.xml && monitor parse feeds/*"

_GONE = "410: the feed is gone for good. Look for a new address, or remove the feed."
_HOST_CHARS_MAX = 80
"""In a file's name: host names may have 253 characters, file names on most systems 255 bytes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("urls", nargs="+", metavar="URL", help="http or https; redirects are followed")
    parser.add_argument("--json", action="store_true", help="one JSON object per address")
    parser.add_argument(
        "--out", metavar="DIR", help="folder for the bodies, made if needed; without it a fresh temporary one"
    )
    parser.add_argument(
        "--allow",
        metavar="NET",
        action="append",
        default=[],
        help="a network or host of your own that may be fetched from, as 127.0.0.0/8; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Fetch each address in turn; one that fails costs no other."""
    polling = _read_polling(args.config, args.allow)
    bodies = _Bodies(args.out)
    guard = Guard(polling.allow_private_hosts)
    failed = 0
    for url in args.urls:
        try:
            answer = fetch_once(url, guard, body_bytes_max=polling.body_bytes_max, exchange_s=polling.timeout_s)
        except FetchError as error:
            failed += 1
            _tell_failure(url, error.status, error.reason.value, str(error), as_json=args.json)
        else:
            if isinstance(answer, Fetched):
                _tell(url, answer, bodies.keep(answer), as_json=args.json)
            else:
                assert isinstance(answer, Gone)  # nothing can be unchanged where nothing was known
                failed += 1
                _tell_failure(url, 410, "gone", f"{url}: {_GONE}", as_json=args.json)
        sys.stdout.flush()
    return 1 if failed == len(args.urls) else 0


def _read_polling(folder: str | None, allow: Sequence[str]) -> PollingSection:
    """The daemon's own limits where its configuration loads, else the defaults, with these networks allowed too."""
    try:
        polling = load(Path(folder or "config"), os.environ).settings.polling
    except MonitorError:
        polling = PollingSection()  # a stage command needs no configuration
    try:
        asked = PollingSection.model_validate({"allow_private_hosts": list(allow)})
    except ValueError as error:
        raise ConfigError(
            f"--allow {', '.join(allow)}: not all of these are networks or host names",
            remedy="Write --allow 127.0.0.0/8 or --allow feeds.lan",
        ) from error
    return polling.model_copy(
        update={"allow_private_hosts": [*polling.allow_private_hosts, *asked.allow_private_hosts]}
    )


class _Bodies:
    """The folder the bodies go to, made when the first one comes."""

    def __init__(self, folder: str | None) -> None:
        self._folder = Path(folder) if folder else None
        self._kept = 0

    def keep(self, fetched: Fetched) -> str | None:
        """Write a body to a file of its own and say where; None when there is no body."""
        if not fetched.body:
            return None
        self._kept += 1
        host = re.sub(r"[^a-z0-9.-]", "_", host_of(fetched.final_url).lower())[:_HOST_CHARS_MAX]
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="monitor-fetch-"))
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._free_name(self._folder, host)
            path.write_bytes(fetched.body)
        except OSError as error:
            raise MonitorError(
                f"the body cannot be written: {error.strerror}", where=str(self._folder or tempfile.gettempdir())
            ) from error
        return str(path)

    def _free_name(self, folder: Path, host: str) -> Path:
        """A name that no file has: what an earlier run kept is not written over."""
        while (path := folder / f"{self._kept:03}-{host}.feed").exists():
            self._kept += 1
        return path


def _tell(url: str, fetched: Fetched, body_file: str | None, *, as_json: bool) -> None:
    if as_json:
        write_line(
            {
                "url": url,
                "final_url": fetched.final_url,
                "status": fetched.status,
                "bytes": len(fetched.body),
                "etag": fetched.etag,
                "last_modified": fetched.last_modified,
                "body_file": body_file,
            }
        )
        return
    print(f"{url}: {fetched.status}, {len(fetched.body)} bytes, {body_file or 'no body'}")
    if fetched.final_url != url:
        print(f"  redirected to {fetched.final_url}")
    if fetched.permanent_url:
        print("  for good, the server says: configure that address")
    for name, value in (("ETag", fetched.etag), ("Last-Modified", fetched.last_modified)):
        if value:
            print(f"  {name}: {value}")


def _tell_failure(url: str, status: int | None, reason: str, error: str, *, as_json: bool) -> None:
    if not as_json:
        print(error, file=sys.stderr)
        return
    write_line(
        {
            "url": url,
            "final_url": None,
            "status": status,
            "bytes": 0,
            "etag": None,
            "last_modified": None,
            "body_file": None,
            "reason": reason,
            "error": error,
        }
    )
