"""The next version of the product: this checkout's code in another folder, with one migration more.

Effects: files.
"""

import shutil
from pathlib import Path

from monitor.storage.revision import head_revision
from tests.acceptance.program import ROOT

COLUMN = "noted_by_the_next"


def next_version(folder: Path) -> tuple[Path, str]:
    """A copy whose schema has a column more; the folder that holds its package, and its revision."""
    copy = folder / "next"
    for part in ("monitor", "migrations"):
        shutil.copytree(ROOT / part, copy / part)  # with what is compiled, which is most of a start
    before = head_revision()
    revision = f"{int(before) + 1:04d}"
    (copy / "migrations" / "versions" / f"{revision}_next.py").write_text(
        f'"""One column more."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{revision}"\n'
        f'down_revision = "{before}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        f'def upgrade() -> None:\n    op.add_column("article", sa.Column("{COLUMN}", sa.Integer()))\n\n\n'
        f'def downgrade() -> None:\n    op.drop_column("article", "{COLUMN}")\n',
        encoding="utf-8",
    )
    return copy, revision
