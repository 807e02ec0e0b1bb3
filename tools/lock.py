"""Write the locks from pyproject.toml: every version pinned, every file hashed, no address of an index.

The lock has two parts. What the daemon needs stands first, what only building and testing needs after the line
`# --- development and tests ---`; the Dockerfile installs the first part alone. What the extra `semantic` needs beyond
it stands in a lock of its own, requirements-semantic.lock: nobody has a model who did not ask for it. Needs `uv` on the
PATH.

Run it as `make lock`. Effects: files, network (through uv), one child process.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BREAK = "# --- development and tests ---"
COMMAND = [
    "uv",
    "pip",
    "compile",
    "pyproject.toml",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
    "--extra",
    "postgres",
    "--extra",
    "fulltext",
    "--group",
    "build",
]


def pin(*more: str) -> dict[str, str]:
    """The pinned requirements by name, each with its hashes as the text that pip reads."""
    text = subprocess.run([*COMMAND, *more], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    entries: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            name = line.split("==")[0]
            entries[name] = ""
        if name:
            entries[name] += line + "\n"
    return entries


def main() -> int:
    """Resolve each whole that is installed, so that the parts can be told from another, and write the files."""
    every = pin("--group", "dev")
    runtime = pin()
    lines = ["# Written by `make lock` from pyproject.toml. Installed with pip --require-hashes.\n"]
    lines += [every[name] for name in sorted(every) if name in runtime]
    lines += [BREAK + "\n"]
    lines += [every[name] for name in sorted(every) if name not in runtime]
    (ROOT / "requirements.lock").write_text("".join(lines))
    semantic = pin("--extra", "semantic")
    lines = [
        "# Written by `make lock` from pyproject.toml: what the extra `semantic` needs beyond requirements.lock.\n",
        "# Installed with pip --require-hashes.\n",
        *(semantic[name] for name in sorted(semantic) if name not in runtime),
    ]
    (ROOT / "requirements-semantic.lock").write_text("".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
