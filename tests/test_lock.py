"""requirements.lock: every version pinned, every file hashed, no address in it."""

import re
from pathlib import Path

LOCK = (Path(__file__).resolve().parent.parent / "requirements.lock").read_text()
PINNED = re.compile(r"[a-z0-9][a-z0-9-]*(\[[a-z0-9,-]+\])?==[^\s;=]+( ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries() -> list[list[str]]:
    """The lock's entries as pip reads them: continued lines joined, comments left out, each cut into its parts."""
    joined = LOCK.replace("\\\n", "\x1f")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [[part.strip() for part in line.split("\x1f")] for line in lines]


def test_no_address_stands_in_the_lock() -> None:
    """Where packages come from is each machine's own business: a mirror in the lock would bind everybody to it."""
    assert [line for line in LOCK.splitlines() if "://" in line or " @ " in line] == []


def test_no_option_stands_in_the_lock() -> None:
    """An index, a folder of files or a trusted host would change what is installed; hashes are the only option."""
    text = "\n".join(line for line in LOCK.splitlines() if not line.startswith("#"))
    assert set(re.findall(r"(?:^|\s)(-{1,2}[a-z][a-z-]*)", text)) == {"--hash"}


def test_every_entry_is_pinned_and_hashed() -> None:
    """Two machines, or one machine on two days, install the same bytes or nothing."""
    found = entries()
    assert len(found) > 40
    assert [entry[0] for entry in found if not PINNED.fullmatch(entry[0])] == []
    assert [entry[0] for entry in found if len(entry) < 2] == []
    assert [part for entry in found for part in entry[1:] if not HASH.fullmatch(part)] == []


def test_no_package_is_pinned_twice() -> None:
    """Two pins of one package are a conflict that pip reports on some machines only."""
    names = [re.split(r"\[|==", entry[0])[0] for entry in entries()]
    assert sorted(set(names)) == sorted(names)
