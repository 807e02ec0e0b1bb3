"""What can go wrong, as types that know what happened, where, and what to do about it.

Expected outcomes (a feed that did not change, a feed that is gone) are values, not errors. At its door every
exception of a library becomes one of these, with a `reason` out of a closed set.

Effects: none.
"""

from enum import StrEnum


class MonitorError(Exception):
    """The root of every error this program raises on purpose.

    `what` says what happened, `where` names the place (a file and line, a feed, a delivery), `remedy` says what a
    person can do. `str()` joins them in that order, alike in the terminal, the log and the status page.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        stop = "" if self.what.endswith((".", "!", "?")) else "."
        return f"{place}{self.what}{stop}{remedy}"


class ConfigError(MonitorError):
    """The configuration cannot be used as it stands."""


class QueryError(MonitorError):
    """A query that cannot be meant as it is written; `column` counts from 1 in the query's own text."""

    def __init__(self, what: str, *, column: int, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.column = column


class FetchReason(StrEnum):
    """Why a fetch brought no feed, as it is stored, logged and shown."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    REFUSED_ADDRESS = "refused_address"
    REDIRECTS = "redirects"
    PROTOCOL = "protocol"
    STATUS = "status"
    RATE_LIMITED = "rate_limited"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    CHALLENGE = "challenge"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    UNASKED_304 = "unasked_304"


class FetchError(MonitorError):
    """A fetch that brought no feed. `retry_after_s` is what the server asked us to wait, in seconds."""

    def __init__(
        self,
        what: str,
        *,
        reason: FetchReason,
        status: int | None = None,
        retry_after_s: float | None = None,
        where: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s


class ParseReason(StrEnum):
    """Why bytes are not a feed."""

    EMPTY = "empty"
    HTML = "html"
    NOT_A_FEED = "not_a_feed"
    MALFORMED = "malformed"
    TOO_SLOW = "too_slow"
    TOO_BIG = "too_big"
    CRASHED = "crashed"
    UNSTORABLE = "unstorable"


class ParseError(MonitorError):
    """Bytes that hold no feed, or that could not be read within the parser's limits."""

    def __init__(self, what: str, *, reason: ParseReason, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reason = reason


class SendOutcome(StrEnum):
    """What is known of a message whose sending failed; everything about a retry follows from it."""

    REFUSED = "refused"
    """It was not sent and will not be if tried again unchanged: a person must act."""
    RETRYABLE = "retryable"
    """It was certainly not sent; trying again later is safe."""
    UNKNOWN = "unknown"
    """It may have been sent: ask the channel before sending again."""


class RefusalScope(StrEnum):
    """What a refusal speaks of: who else need not be tried."""

    MESSAGE = "message"
    SIZE = "size"
    """The message is too long for the other side: smaller parts of it may do."""
    RECIPIENT = "recipient"
    CHANNEL = "channel"
    """Every message to this channel would be refused alike."""
    ACCOUNT = "account"
    """Every message with these credentials would be refused alike."""


class ChannelError(MonitorError):
    """A channel that did not take a message. `reason` is a short constant such as `rate_limited`."""

    def __init__(
        self,
        what: str,
        *,
        reason: str,
        outcome: SendOutcome,
        retry_after_s: float | None = None,
        where: str = "",
        remedy: str = "",
        scope: RefusalScope = RefusalScope.MESSAGE,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reason = reason
        self.outcome = outcome
        self.scope = scope
        self.retry_after_s = retry_after_s


class StorageReason(StrEnum):
    """What kept the database from doing its work."""

    FULL = "full"
    LOCKED = "locked"
    UNREACHABLE = "unreachable"
    NEWER = "newer"
    IN_USE = "in_use"
    DAMAGED = "damaged"


class StorageError(MonitorError):
    """The database could not do what was asked; nothing of the transaction stands."""

    def __init__(self, what: str, *, reason: StorageReason, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reason = reason
