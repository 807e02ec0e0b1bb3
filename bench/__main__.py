"""`python -m bench [NAME ...]` runs the benches named, or all.

Effects: those of the benches.
"""

import sys

from bench import idle, ingest

BENCHES = {"ingest": ingest.run, "idle": idle.run}


def main(names: list[str]) -> int:
    """Run each; the exit code says whether all kept their limits."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no such bench: {', '.join(unknown)}. There are: {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    return max([BENCHES[name]() for name in names or BENCHES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
