"""The tables of the page.

Written by `make tables` from declared/web.py, which says what each column means. Change that, not this.

Effects: none.
"""

import sqlalchemy as sa

from monitor.storage.columns import MOMENT, metadata

WEB_SESSION = sa.Table(
    "web_session",
    metadata,
    sa.Column("key_hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False),
    sa.Column("began_at", MOMENT, nullable=False),
    sa.Column("seen_at", MOMENT, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
)
