"""The environment of the baseline: bench/.venv from the hash-pinned lock beside it, made when first asked for.

Effects: files, network (through pip), child processes.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "requirements-reader.lock"


def reader_python() -> Path:
    """The Python that has `reader`; rebuilt where the lock is younger than the environment."""
    folder = HERE / ".venv"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if not stamp.exists() or stamp.stat().st_mtime < LOCK.stat().st_mtime:
        print("Installing the reader library into bench/.venv (once) ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(python), "-m", "pip", "-qq", "--disable-pip-version-check", "install", "--require-hashes"]
        subprocess.run([*pip, "-r", str(LOCK)], check=True)
        stamp.touch()
    return python
