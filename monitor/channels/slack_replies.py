"""An answer as the message that Slack shows to whoever asked, and to nobody else.

All text stands in `rich_text` elements and `plain_text`, which Slack shows literally: what was typed or fed can never
mention, link or format.

Effects: none.
"""

from typing import Any

from monitor.channels.asked import Answer, AnswerButton, AnswerLine
from monitor.channels.wording import link_of
from monitor.text import plain_line, shorten

LINES_MAX = 40
LINE_CHARS_MAX = 300
"""With the lines about 12,000 characters at the very most, as one block: a message may hold some 13,000."""
CHARS_MAX = 8_000
BUTTONS_MAX = 10
LABEL_CHARS_MAX = 75
VALUE_CHARS_MAX = 150
TEXT_CHARS_MAX = 300
"""Of the text for notifications and screen readers."""


def render_reply(answer: Answer, *, replaces: bool) -> dict[str, Any]:
    """What is posted to a response address; with `replaces` it takes the place of the answer that was clicked in."""
    lines = _fit(answer.lines)
    elements: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        elements += _elements(line, "\n" if number else "")
    blocks: list[dict[str, Any]] = [
        {"type": "rich_text", "block_id": "answer", "elements": [{"type": "rich_text_section", "elements": elements}]}
    ]
    if answer.buttons:
        some = [_button(button, number) for number, button in enumerate(answer.buttons[:BUTTONS_MAX])]
        blocks.append({"type": "actions", "block_id": "answer_buttons", "elements": some})
    said = shorten(" ".join(line.text for line in lines), TEXT_CHARS_MAX)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        said = said.replace(sign, entity)
    reply: dict[str, Any] = {"text": said, "blocks": blocks, "mrkdwn": False, "replace_original": replaces}
    if not replaces:
        reply["response_type"] = "ephemeral"
    return reply


def _fit(lines: tuple[AnswerLine, ...]) -> list[AnswerLine]:
    """As many lines as a message holds, each at a readable length; the last says how many more there are."""
    fitted: list[AnswerLine] = []
    room = CHARS_MAX
    for line in lines:
        text = shorten(plain_line(line.text), LINE_CHARS_MAX)
        after = shorten(plain_line(line.after), LINE_CHARS_MAX)
        url = link_of(line.url)
        room -= len(text) + len(after) + len(url)
        if len(fitted) == LINES_MAX or room < 0:
            return [*fitted, AnswerLine(f"… and {len(lines) - len(fitted)} more lines")]
        fitted.append(AnswerLine(text or " ", url, after, line.is_bold))
    return fitted or [AnswerLine("Done.")]


def _elements(line: AnswerLine, before: str) -> list[dict[str, Any]]:
    style = {"style": {"bold": True}} if line.is_bold else {}
    found: list[dict[str, Any]] = [{"type": "text", "text": before}] if before else []
    if line.url:
        found += [{"type": "text", "text": "• "}, {"type": "link", "url": line.url, "text": line.text, **style}]
    else:
        found.append({"type": "text", "text": line.text, **style})
    return [*found, {"type": "text", "text": f" – {line.after}"}] if line.after else found


def _button(button: AnswerButton, number: int) -> dict[str, Any]:
    assert len(button.value) <= VALUE_CHARS_MAX, "a button's value is ours, and short"
    label = shorten(plain_line(button.label), LABEL_CHARS_MAX)
    verb = button.value.partition(":")[0]
    return {
        "type": "button",
        "action_id": verb if not number else f"{verb}_{number}",
        "text": {"type": "plain_text", "text": label, "emoji": False},
        "value": button.value,
        **({"style": "primary"} if button.is_main else {}),
    }
