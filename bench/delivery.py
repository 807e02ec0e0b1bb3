"""Digests composed and rendered, backlogs drained at Slack's own limit, and from a new entry to the message.

Everything is compared with something simpler of the same run: the digest's record as plain JSON, a mail of the text
alone by the standard library, `slack_sdk` with its own retries and no outbox.

Effects: child processes, servers on loopback, files in a temporary folder.
"""

import gc
import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

from bench.delivery_daemon import drain, end_to_end
from monitor.channels.base import Payload
from monitor.channels.email import EmailChannel
from monitor.channels.plain import render_text
from monitor.channels.record import digest_record
from monitor.channels.slack import SlackChannel
from monitor.channels.webhook import WebhookChannel
from monitor.digests.compose import compose_digest
from monitor.model import Digest, DigestKind, StoryCandidate
from tests.digests.given import NOW, a_member, a_story, a_topic

DIGESTS, STORIES, REPORTS = 1_000, 10, 4
SLACK_MS, MAIL_MS = 2.0, 6.0
PASSES = 3
BODY = (
    "Envoys met in Port Amber on day {n}. The talks resume on Monday, two officials said, after a week of silence. " * 4
)


def run() -> int:
    """Print all. Exit 1 where a limit is not kept."""
    good = _rendering()
    good &= drain()
    good &= end_to_end()
    return 0 if good else 1


def _candidates(number: int) -> list[StoryCandidate]:
    """Ten stories of four reports each; the titles differ from digest to digest, so that nothing is remembered."""
    stories = []
    for story in range(STORIES):
        first = number * 1_000 + story * 10
        members = [
            a_member(
                first + report,
                title=f"Mediators say talks number {first} resume in Port Amber, report {report}",
                text=BODY.format(n=first + report),
                minutes_ago=story * 7 + report,
            )
            for report in range(REPORTS)
        ]
        stories.append(a_story(first + 1, *members))
    return stories


def _compose(candidates: Sequence[StoryCandidate]) -> Digest:
    composed = compose_digest(
        topic=a_topic(),
        kind=DigestKind.SCHEDULED,
        slot="2026-03-14T12:00 UTC",
        window_start=NOW - timedelta(hours=24),
        window_end=NOW,
        candidates=candidates,
        told={},
        stories_max=STORIES,
    )
    assert composed.digest is not None
    return composed.digest


def _ms_each(what: Callable[[int], object]) -> float:
    """CPU of all digests, of each fifty the best of some passes: this machine does other things too."""
    fifties = range(0, DIGESTS, 50)
    best = dict.fromkeys(fifties, float("inf"))
    for _ in range(PASSES):
        for first in fifties:
            started = time.process_time()
            for number in range(first, first + 50):
                what(number)
            best[first] = min(best[first], time.process_time() - started)
    return sum(best.values()) * 1000 / DIGESTS


def _plain_mail(digest: Digest) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "m@example.org", "desk@example.org", digest.topic_name
    message.set_content(render_text(digest))
    return message.as_bytes()


def _nowhere(*_: object) -> object:
    raise AssertionError("nothing is sent here")


def _rendering() -> bool:
    candidates = [_candidates(number) for number in range(DIGESTS)]
    compose_ms = _ms_each(lambda number: _compose(candidates[number]))
    digests = [_compose(each) for each in candidates]
    # As the daemon has it (cli/main.py): what is there for good is not looked through again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    slack = SlackChannel("desk", "C0123456789", "xoxb-1")
    mail = EmailChannel("mail", ["desk@example.org"], "Monitor <m@example.org>", "127.0.0.1", 25, "none")
    hook = WebhookChannel("hook", "https://hook.example/", b"0123456789abcdef01234567", _nowhere)  # type: ignore[arg-type]  # never called

    def rendered(render: Callable[[Digest, str], Sequence[Payload]]) -> float:
        return _ms_each(lambda number: render(digests[number], f"talks/{number}/desk"))

    json_ms = _ms_each(lambda number: json.dumps(digest_record(digests[number])))
    plain_mail_ms = _ms_each(lambda number: _plain_mail(digests[number]))
    text_ms = _ms_each(lambda number: render_text(digests[number]))
    slack_ms, mail_ms, hook_ms = rendered(slack.render), rendered(mail.render), rendered(hook.render)
    print(f"delivery: {DIGESTS:,} digests of {STORIES} stories with {REPORTS} reports each, CPU ms a digest:")
    print(
        f"  composed {compose_ms:.2f}; the record as plain JSON {json_ms:.2f}; mail of the text alone by stdlib", end=""
    )
    print(f" {plain_mail_ms:.2f}")
    for name, ms, base, limit in (
        ("Slack", slack_ms, json_ms, SLACK_MS),
        ("mail", mail_ms, plain_mail_ms, MAIL_MS),
        ("webhook", hook_ms, json_ms, None),
        ("text", text_ms, json_ms, None),
    ):
        other = "plain mail" if name == "mail" else "plain JSON"
        wanted = f" (with composing wanted: under {limit:g})" if limit else ""
        print(f"  {name} {ms:.2f}, with composing {compose_ms + ms:.2f}{wanted}; {ms / base:.1f} times {other}")
    return compose_ms + slack_ms < SLACK_MS and compose_ms + mail_ms < MAIL_MS
