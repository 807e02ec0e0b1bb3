"""Digests composed and rendered, backlogs drained at Slack's own limit, and from a new entry to the message.

Everything is compared with something simpler of the same run: the digest's record as plain JSON, a mail of the text
alone by the standard library, `slack_sdk` with its own retries and no outbox.

Effects: child processes, servers on loopback, files in a temporary folder.
"""

import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
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


def _ms_each(tasks: Mapping[str, Callable[[int], object]]) -> dict[str, float]:
    """CPU of all digests by task, of each fifty the best of passes that lie apart: this machine does other things."""
    best: dict[tuple[str, int], float] = {}
    for _ in range(PASSES):
        for first in range(0, DIGESTS, 50):
            for name, task in tasks.items():
                started = time.process_time()
                for number in range(first, first + 50):
                    task(number)
                taken = time.process_time() - started
                best[name, first] = min(taken, best.get((name, first), taken))
    return {name: sum(best[name, first] for first in range(0, DIGESTS, 50)) * 1000 / DIGESTS for name in tasks}


def _plain_mail(digest: Digest) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "m@example.org", "desk@example.org", digest.topic_name
    message.set_content(render_text(digest))
    return message.as_bytes()


def _nowhere(*_: object) -> object:
    raise AssertionError("nothing is sent here")


def _rendering() -> bool:
    candidates = [_candidates(number) for number in range(DIGESTS)]
    digests = [_compose(each) for each in candidates]
    # As the daemon has it (cli/main.py): what is there for good is not looked through again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    slack = SlackChannel("desk", "C0123456789", "xoxb-1")
    mail = EmailChannel("mail", ["desk@example.org"], "Monitor <m@example.org>", "127.0.0.1", 25, "none")
    hook = WebhookChannel("hook", "https://hook.example/", b"0123456789abcdef01234567", _nowhere)  # type: ignore[arg-type]  # never called

    def rendering(render: Callable[[Digest, str], Sequence[Payload]]) -> Callable[[int], object]:
        return lambda number: render(digests[number], f"talks/{number}/desk")

    ms = _ms_each(
        {
            "composed": lambda number: _compose(candidates[number]),
            "plain JSON": lambda number: json.dumps(digest_record(digests[number])),
            "plain mail": lambda number: _plain_mail(digests[number]),
            "Slack": rendering(slack.render),
            "mail": rendering(mail.render),
            "webhook": rendering(hook.render),
            "text": lambda number: render_text(digests[number]),
        }
    )
    compose_ms = ms["composed"]
    print(f"delivery: {DIGESTS:,} digests of {STORIES} stories with {REPORTS} reports each, CPU ms a digest:")
    print(f"  composed {compose_ms:.2f}; the record as plain JSON {ms['plain JSON']:.2f};", end="")
    print(f" mail of the text alone by stdlib {ms['plain mail']:.2f}")
    for name, other, limit in (
        ("Slack", "plain JSON", SLACK_MS),
        ("mail", "plain mail", MAIL_MS),
        ("webhook", "plain JSON", None),
        ("text", "plain JSON", None),
    ):
        wanted = f" (wanted: under {limit:g})" if limit else ""
        print(f"  {name} {ms[name]:.2f}, {ms[name] / ms[other]:.1f} times {other};", end="")
        print(f" with composing {compose_ms + ms[name]:.2f}{wanted}")
    return compose_ms + ms["Slack"] < SLACK_MS and compose_ms + ms["mail"] < MAIL_MS
