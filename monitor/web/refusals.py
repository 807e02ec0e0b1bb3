"""What is not there, and what is not allowed: errors with an answer of their own.

Effects: none.
"""

from monitor.errors import MonitorError


class NotThere(MonitorError):
    """What was asked for does not exist: 404."""


class Refused(MonitorError):
    """Not for this person, or not in this form: 403."""
