"""Post digests to a Slack channel so that each can be found again, and ask for what was perhaps posted.

Every message carries its delivery's key as metadata. When an attempt ends without an answer, `find` reads the channel
back and looks for that key: that is what makes telling once possible here.

Effects: network.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.slack_blocks import write_messages
from monitor.channels.slack_edit import edit_message
from monitor.channels.slack_elements import compact_json
from monitor.channels.slack_errors import CANNOT_ASK_CODES, THREAD_LOST_CODES
from monitor.channels.slack_examine import examine_slack
from monitor.channels.slack_notes import note_message
from monitor.channels.slack_split import split_message
from monitor.channels.slack_web import SlackWeb
from monitor.errors import ChannelError, ConfigError, RefusalScope, SendOutcome
from monitor.model import Delivery, DeliveryKind, Digest, Note, StoryId

PAGE_MESSAGES = 200
PAGES_MAX = 50  # 10,000 messages since the first attempt: the rate limit of a minute, and more than a channel's day
FIND_S_MAX = 60.0  # all pages of one question; with the call then under way and the post well under the lease
CLOCK_SKEW = timedelta(seconds=60)  # between our clock and Slack's, when we ask for what came since an attempt


class SlackChannel:
    """One Slack channel, through a bot's token. The token appears in no payload, error or `repr`.

    `token_origin` names the variable or file that the token comes from: channels of one origin are one account. With
    `interactive` the messages carry buttons, for where somebody listens to them.
    """

    kind = "slack"
    can_find = True
    spacing_s = 1.0
    """What Slack asks for: about one message a second and channel."""

    def __init__(
        self,
        name: str,
        channel: str,
        token: str,
        api_url: str = "https://slack.com/api/",
        timeout_s: int = 15,
        *,
        token_origin: str = "",
        interactive: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        if not token.strip() or not token.strip().isascii() or not token.strip().isprintable() or " " in token.strip():
            # http.client would quote a header it cannot send, the token with it, in its own error.
            raise ConfigError(
                "the Slack token is empty or holds a character no token has",
                where=f'channel "{name}"',
                remedy="Copy the bot token (xoxb-…) from the app's page at api.slack.com again.",
            )
        self.name = name
        self._channel = channel
        self._web = SlackWeb(token.strip(), api_url, timeout_s, now)
        self._now = now
        self._elapsed = elapsed
        self._bot_id: str | None = None
        self._interactive = interactive
        self.account = f"slack {api_url} {token_origin}".strip()

    def __repr__(self) -> str:
        return f"SlackChannel(name={self.name!r}, channel={self._channel!r})"

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """The thread's root, then its replies. The channel is not in them: one corrected later takes a retry too."""
        bodies = write_messages(digest, key, is_interactive=self._interactive, is_follow_up=bool(root))
        return [Payload(part=part, suffix="", body=body) for part, body in enumerate(bodies, 1)]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One message; the outbox knows its thread."""
        del root
        return [Payload(part=1, suffix="", body=compact_json(note_message(note, key)))]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """The message with these stories' counts, and when they were taken; None where none of them changes."""
        return edit_message(body, stories, self._now())

    def split(self, delivery: Delivery) -> Sequence[str]:
        """Two halves; at last one story in one line, then in words alone. An edit that is refused is not divided."""
        return () if delivery.kind is DeliveryKind.EDIT else split_message(delivery.payload)

    def examine(self) -> Sequence[Examined]:
        """The token, its scopes, the channel, its history and a sample digest, each asked of Slack."""
        return examine_slack(self._web, self._channel, is_interactive=self._interactive)

    def send(self, delivery: Delivery) -> Receipt:
        """Post one part, or change the message it edits; the receipt is that message's `ts`.

        Parts after the first go into the first one's thread, notes and follow-ups into that of what they are about.
        Where the thread takes no reply any more, the part is posted in the channel itself: read rather than lost.
        """
        message = json.loads(delivery.payload)
        thread = delivery.parent_receipt
        if delivery.kind is DeliveryKind.EDIT:
            return self._edit(delivery, message)
        if delivery.part > 1 and not thread:
            raise self._error(
                delivery, f"part {delivery.part} waits for part 1", "parent_missing", SendOutcome.RETRYABLE
            )
        if delivery.kind is DeliveryKind.DIGEST and delivery.part == 1 and "reply_broadcast" not in message:
            thread = None  # a follow-up of several parts: a reply cannot be the root of its own thread
        try:
            return self._post(delivery, message, thread)
        except ChannelError as error:
            if thread is None or error.reason not in THREAD_LOST_CODES:
                raise
            return self._post(delivery, message, None)

    def find(self, delivery: Delivery) -> Receipt | None:
        """Look for the part by its key, in the channel and for replies in the thread, since the first attempt.

        Another app's message is not taken for ours, even with our key in it. An edit is not looked for: made again it
        says the same. Raises `ChannelError` when Slack cannot be asked: refused as `cannot_ask` where it says it never
        can be (a missing scope, a channel the bot is not in), else unknown; never "certainly not sent".
        """
        if delivery.kind is DeliveryKind.EDIT:
            return None
        until = self._elapsed() + FIND_S_MAX
        wanted = json.loads(delivery.payload)["metadata"]
        oldest = f"{((delivery.first_attempt_at or delivery.created_at) - CLOCK_SKEW).timestamp():.6f}"
        try:
            found = self._look_in_thread(delivery, wanted, oldest, until)
            return found or self._look(delivery, "conversations.history", wanted, oldest, {}, until)
        except ChannelError as error:
            if error.reason not in CANNOT_ASK_CODES:
                raise
            raise self._error(
                delivery,
                f"it may have been sent, and Slack lets nobody look ({error.reason})",
                "cannot_ask",
                SendOutcome.REFUSED,
                "Look whether it arrived, then: monitor outbox retry {id}, or drop it. `monitor doctor` says what the "
                "bot is missing.",
            ) from None

    def _look_in_thread(self, delivery: Delivery, wanted: dict[str, Any], oldest: str, until: float) -> Receipt | None:
        if not delivery.parent_receipt:
            return None
        try:
            return self._look(delivery, "conversations.replies", wanted, oldest, {"ts": delivery.parent_receipt}, until)
        except ChannelError as error:
            if error.reason not in THREAD_LOST_CODES:
                raise
            return None  # the thread is gone: what was posted since stands in the channel

    def _edit(self, delivery: Delivery, message: dict[str, Any]) -> Receipt:
        if not delivery.parent_receipt:
            raise self._error(delivery, "what it edits was never sent", "parent_missing", SendOutcome.REFUSED)
        self._call(delivery, "chat.update", {"channel": self._channel, "ts": delivery.parent_receipt, **message})
        return Receipt(delivery.parent_receipt)

    def _post(self, delivery: Delivery, message: dict[str, Any], thread: str | None) -> Receipt:
        body = {"channel": self._channel, **message, **({"thread_ts": thread} if thread else {})}
        if thread is None:
            body.pop("reply_broadcast", None)
        answer = self._call(delivery, "chat.postMessage", body)
        ts = answer.get("ts")
        if not isinstance(ts, str) or not ts:
            raise self._error(delivery, "an answer without `ts`", "no_receipt", SendOutcome.UNKNOWN)
        return Receipt(ts)

    def _look(
        self, delivery: Delivery, method: str, wanted: dict[str, Any], oldest: str, extra: dict[str, str], until: float
    ) -> Receipt | None:
        cursor = ""
        for _ in range(PAGES_MAX):
            if self._elapsed() > until:
                raise self._error(delivery, "looking for it took too long", "find_too_slow", SendOutcome.UNKNOWN)
            arguments: dict[str, Any] = {
                "channel": self._channel,
                "oldest": oldest,
                "limit": PAGE_MESSAGES,
                "include_all_metadata": True,
                **extra,
            }
            page = self._ask(delivery, method, {**arguments, "cursor": cursor} if cursor else arguments)
            for message in page.get("messages") or []:
                if message.get("metadata") == wanted and self._is_ours(delivery, message):
                    return Receipt(str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        raise self._error(
            delivery,
            f"more than {PAGES_MAX * PAGE_MESSAGES:,} messages since the first attempt",
            "history_too_long",
            SendOutcome.REFUSED,
            "Look whether it arrived, then: monitor outbox retry {id}, or drop it.",
        )

    def _is_ours(self, delivery: Delivery, message: dict[str, Any]) -> bool:
        if self._bot_id is None:
            self._bot_id = str(self._ask(delivery, "auth.test", {}).get("bot_id") or "")
        return message.get("bot_id") == self._bot_id

    def _ask(self, delivery: Delivery, method: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        """A call that sends nothing: its failure says nothing of the message, so it is never "certainly not sent"."""
        try:
            return self._call(delivery, method, arguments, as_form=True)
        except ChannelError as error:
            if error.outcome is SendOutcome.RETRYABLE:
                error.outcome = SendOutcome.UNKNOWN
            raise

    def _call(
        self, delivery: Delivery, method: str, arguments: dict[str, Any], *, as_form: bool = False
    ) -> Mapping[str, Any]:
        try:
            return self._web.call(method, arguments, as_form=as_form).data
        except ChannelError as error:
            error.where = self._where(delivery)
            error.remedy = error.remedy.replace("{id}", str(delivery.id))
            raise

    def _error(
        self, delivery: Delivery, what: str, reason: str, outcome: SendOutcome, remedy: str = ""
    ) -> ChannelError:
        return ChannelError(
            what,
            reason=reason,
            outcome=outcome,
            where=self._where(delivery),
            remedy=remedy.replace("{id}", str(delivery.id)),
            scope=RefusalScope.MESSAGE,
        )

    def _where(self, delivery: Delivery) -> str:
        return f'delivery {delivery.id} to "{self.name}"'
