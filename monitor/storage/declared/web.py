"""The tables of the page.

Effects: none.
"""

from datetime import datetime

from sqlmodel import Field

from monitor.storage.declared.row import Row


class WebSessionRow(Row, table=True):
    """A browser that is signed in. What it carries is known by its hash alone, so that a copy of the archive opens
    nothing.
    """

    __tablename__ = "web_session"
    key_hash: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the cookie."""
    name: str = Field(max_length=100)
    """Of the token it signed in with."""
    token_hash: str = Field(max_length=64)
    """Of that token: another token under the same name ends the session."""
    began_at: datetime
    seen_at: datetime
    """Written at most once in some minutes."""
    until: datetime
