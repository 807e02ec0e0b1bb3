"""The baseline: the `reader` library, run by the Python of bench/.venv, where neither bench nor monitor is at hand.

`reader_side.py add DATABASE ADDRESSES` makes the database with the feeds of a file, one address a line;
`reader_side.py update DATABASE` is one round with eight workers.

Effects: database, network.
"""

import sys
from pathlib import Path

from reader import make_reader

WORKERS = 8


def main(command: str, database: str, *more: str) -> None:
    """Do one of the two."""
    with make_reader(database) as reader:
        if command == "add":
            for url in Path(more[0]).read_text().split():
                reader.add_feed(url)
        else:
            reader.update_feeds(workers=WORKERS, scheduled=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
