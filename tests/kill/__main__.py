"""`python -m tests.kill [MODE ...]`: kill a sender at every moment there is, mode by mode, and print what was counted.

Under a second line of each mode stands the same with the asking taken out, for the modes where that is soon done: a
count that never finds anything would prove nothing.

Effects: child processes, a server on loopback, files in a temporary folder; minutes.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.kill.trial import MODES, Came, Driver, make_backlog, running_driver, try_kill

BLIND = ("ok", "accept, then drop")


def every_trial(driver: Driver, template: Path, keys: list[str], mode: str, *, blind: bool) -> Iterator[Came]:
    """Kill at the first moment, the second … until a run ends without a kill; that run counts too."""
    for number in count(1):
        came = try_kill(driver, template, keys, mode, number, blind=blind)
        yield came
        if not came.at:
            return


def tell(mode: str, trials: list[Came]) -> bool:
    """One line of the table, and where anything went wrong; whether nothing did."""
    points = sum(bool(came.at) for came in trials)
    lost, doubled, astray = (sum(bool(part) for part in parts) for parts in zip(*map(_faults, trials), strict=True))
    print(f"| {mode} | {points} | {lost} | {doubled} | {astray} |", flush=True)
    wrong = Counter(came.at or "without a kill" for came in trials if any(_faults(came)))
    for at, times in sorted(wrong.items()):
        print(f"    {at}: {times}")
    return not wrong


def _faults(came: Came) -> tuple[list[str], list[str], list[str]]:
    return came.lost, came.doubled, came.astray


def main(names: list[str]) -> int:
    """Run the modes named, or all. Exit 1 when anything was lost, doubled or astray, or the blind found nothing."""
    unknown = [name for name in names if name not in MODES]
    if unknown:
        print(f"no such mode: {', '.join(unknown)}. There are: {'; '.join(MODES)}.", file=sys.stderr)
        return 2
    good = True
    print("| mode | kill points | lost | doubled | out of order or thread |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, running_driver() as driver:
        template = Path(folder) / "template.db"
        keys = make_backlog(template)
        for mode in names or MODES:
            good &= tell(mode, list(every_trial(driver, template, keys, mode, blind=False)))
            if mode in BLIND:
                good &= not tell(f"{mode}, never asking", list(every_trial(driver, template, keys, mode, blind=True)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
