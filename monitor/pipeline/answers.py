"""What an answer means for a feed before anything is parsed: news, or what was there before.

Effects: none.
"""

from msgspec.structs import replace

from monitor.feeds.fingerprint import hash_body, hash_entries
from monitor.model import Fetched, Gone, NotModified, Polled, PollOutcome


def with_answer(polled: Polled, answer: Fetched | NotModified | Gone) -> Polled:
    """The visit with what the server said, without the body: that is not carried through a queue."""
    if isinstance(answer, Fetched):
        return replace(polled, fetched=replace(answer, body=b""), bytes_read=len(answer.body))
    return replace(polled, fetched=answer)


def judge_answer(polled: Polled, answer: Fetched | NotModified | Gone) -> Polled:
    """The visit with its outcome; *new* only where the body holds other entries than the last one did.

    One that is new has still to be parsed.
    """
    if isinstance(answer, Gone):
        return replace(polled, outcome=PollOutcome.GONE)
    if isinstance(answer, NotModified):
        return replace(polled, outcome=PollOutcome.UNCHANGED)
    body, state = answer.body, polled.feed.state
    polled = replace(polled, body_hash=hash_body(body))
    if polled.body_hash == state.body_hash:
        return replace(polled, outcome=PollOutcome.UNCHANGED, entries_hash=state.entries_hash)
    polled = replace(polled, entries_hash=hash_entries(body))
    if polled.entries_hash == state.entries_hash:
        return replace(polled, outcome=PollOutcome.UNCHANGED)
    return replace(polled, outcome=PollOutcome.NEW)
