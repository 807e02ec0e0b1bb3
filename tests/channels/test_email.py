"""Mail: what stands on the wire, what each reply means, and that nothing goes out in clear."""

import json
import traceback
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

import pytest

from monitor.channels.email import EmailChannel
from monitor.channels.email_message import HTML_BYTES_MAX, Sender, render_html, render_mail
from monitor.channels.plain import render_text
from monitor.channels.wording import link_of, title_of
from monitor.errors import ChannelError, ConfigError, SendOutcome
from monitor.model import Delivery, Digest, DigestKind, Mark
from tests.fakes.digests import (
    KEY,
    a_delivery,
    a_digest,
    a_hostile_digest,
    a_huge_digest,
    a_story,
    every_digest,
    links_beside,
)
from tests.fakes.smtp import DROP, PASSWORD, FakeSmtp, serve_smtp
from tests.fakes.tls import client_tls, server_tls

SENDER = "News monitor <monitor@example.org>"


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    """A plain server on loopback."""
    with serve_smtp() as fake:
        yield fake


def a_channel(smtp: FakeSmtp, *to: str, unsubscribe: str = "") -> EmailChannel:
    """A channel to that server, unencrypted as loopback may be."""
    recipients = to or ("desk@example.org",)
    leave = dict.fromkeys(recipients, unsubscribe)
    return EmailChannel("morning", recipients, SENDER, smtp.host, smtp.port, "none", unsubscribe=leave)


def deliveries(channel: EmailChannel, digest: Digest | None = None) -> list[Delivery]:
    """One per recipient, as the outbox holds them."""
    return [
        a_delivery(payload.body, key=f"{KEY}-{payload.suffix}") for payload in channel.render(digest or a_digest(), KEY)
    ]


def fail(channel: EmailChannel, delivery: Delivery) -> ChannelError:
    """The error that sending raises."""
    with pytest.raises(ChannelError) as caught:
        channel.send(delivery)
    return caught.value


def parsed(content: bytes) -> EmailMessage:
    """The message as a mail program reads it."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part_of(message: EmailMessage, kind: str) -> str:
    """The text or the HTML."""
    part = message.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content


class Page(HTMLParser):
    """What an HTML reader sees: addresses, tags, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and, of a link, its address."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Gather the text."""
        self.words += data


def test_the_headers_are_whole(smtp: FakeSmtp) -> None:
    """Who, what, when and which list: what a mail needs to land and to be filed."""
    channel = a_channel(smtp)
    digest = a_digest()

    receipt = channel.send(deliveries(channel, digest)[0])

    message = parsed(smtp.mails[0].content)
    assert message["From"] == SENDER
    assert message["To"] == "desk@example.org"
    assert message["Subject"] == "Hostage negotiations: 3 stories, 93 articles"
    assert parsedate_to_datetime(message["Date"]) == digest.window_end
    assert message["Message-ID"] == receipt.reference
    assert receipt.reference.endswith("@example.org>")
    assert message["List-Id"] == "<hostage-negotiations.news-monitor.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert smtp.mails[0].sender == "monitor@example.org"


@pytest.mark.parametrize("digest", every_digest())
def test_every_line_is_fit_for_the_wire(smtp: FakeSmtp, digest: Digest) -> None:
    """ASCII headers, no line over 998 bytes, bodies in lines of at most 78, one subject, nobody in Bcc."""
    channel = a_channel(smtp)

    channel.send(deliveries(channel, digest)[0])

    content = smtp.mails[0].content
    head, _, body = content.partition(b"\r\n\r\n")
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    assert max(len(line) for line in body.split(b"\r\n")) <= 78
    message = parsed(content)
    assert len(message.get_all("Subject") or []) == 1
    assert message["Bcc"] is None
    assert not message.defects


def test_a_title_cannot_add_a_header(smtp: FakeSmtp) -> None:
    """Line ends of every alphabet in the title of a breaking story, which becomes the subject."""
    digest = a_digest(1, stories=(a_story(1, title="Talks\r\nBcc: x@example.org\u2028To: y@example.org\x85\x00Z: 1"),))
    channel = a_channel(smtp)

    channel.send(deliveries(channel, digest_of_kind(digest))[0])

    message = parsed(smtp.mails[0].content)
    assert message["Subject"].startswith("Breaking: Hostage negotiations: Talks Bcc: x@example.org To: y")
    assert message["Bcc"] is None
    assert message.get_all("To") == ["desk@example.org"]


def digest_of_kind(digest: Digest) -> Digest:
    """The same digest, told at once."""
    return a_digest(0, stories=digest.stories, kind=DigestKind.BREAKING)


def test_a_long_unsubscribe_address_is_whole_on_the_wire(smtp: FakeSmtp) -> None:
    """One-click unsubscription works only if the address is neither folded nor encoded."""
    url = "https://monitor.example.org/unsubscribe?token=" + "a1B2" * 40
    channel = a_channel(smtp, unsubscribe=url)

    channel.send(deliveries(channel)[0])

    assert f"List-Unsubscribe: <{url}>\r\n".encode() in smtp.mails[0].content
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in smtp.mails[0].content


def test_a_busy_server_gets_the_same_mail_later(smtp: FakeSmtp) -> None:
    """450 is tried again and makes one mail; 550 is not and names the recipient's trouble."""
    channel = a_channel(smtp)
    (delivery,) = deliveries(channel)
    smtp.reply("RCPT", "450 mailbox busy", "550 nobody here")

    assert fail(channel, delivery).outcome is SendOutcome.RETRYABLE
    refused = fail(channel, delivery)
    assert (refused.outcome, refused.reason) == (SendOutcome.REFUSED, "recipient_refused")
    assert "550 nobody here" in str(refused)
    channel.send(delivery)
    assert len(smtp.mails) == 1


def test_one_refused_recipient_keeps_nobody_from_the_mail(smtp: FakeSmtp) -> None:
    """Each recipient is a delivery of its own: the other gets exactly one mail."""
    channel = a_channel(smtp, "gone@example.org", "here@example.org")
    smtp.reply("RCPT gone@example.org", "550 gone")
    gone, here = deliveries(channel)

    assert fail(channel, gone).outcome is SendOutcome.REFUSED
    channel.send(here)

    assert [mail.recipient for mail in smtp.mails] == ["here@example.org"]
    assert "gone@example.org" not in smtp.mails[0].content.decode()


def test_a_drop_after_the_dot_is_unknown_and_a_resend_is_the_same_mail(smtp: FakeSmtp) -> None:
    """Nobody can say whether it arrived; sent again it has the same Message-ID and Date, to the byte the same."""
    channel = a_channel(smtp)
    (delivery,) = deliveries(channel)
    smtp.reply("DATA", DROP)

    error = fail(channel, delivery)
    channel.send(delivery)

    assert (error.outcome, error.reason) == (SendOutcome.UNKNOWN, "no_answer")
    first, again = smtp.mails
    assert first.content == again.content


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_drop_before_the_dot_is_certainly_not_sent(smtp: FakeSmtp, verb: str) -> None:
    """The same exception of the library, another step: trying again is safe."""
    channel = a_channel(smtp)
    smtp.reply(verb, DROP)

    error = fail(channel, deliveries(channel)[0])

    assert (error.outcome, error.reason) == (SendOutcome.RETRYABLE, "dropped")
    assert smtp.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "outcome", "reason"),
    [
        ("MAIL", "451 later", SendOutcome.RETRYABLE, "busy"),
        ("MAIL", "553 not your address", SendOutcome.REFUSED, "sender_refused"),
        ("RCPT", "421 closing", SendOutcome.RETRYABLE, "busy"),
        ("RCPT", "554 no", SendOutcome.REFUSED, "recipient_refused"),
        ("DATA", "452 full", SendOutcome.RETRYABLE, "busy"),
        ("DATA", "554 spam", SendOutcome.REFUSED, "message_refused"),
        ("DATA", "399 what", SendOutcome.UNKNOWN, "bad_answer"),
    ],
)
def test_each_reply_has_its_meaning(smtp: FakeSmtp, verb: str, reply: str, outcome: SendOutcome, reason: str) -> None:
    """4xx is later, 5xx is a person's matter, and what is neither after the dot is unknown."""
    channel = a_channel(smtp)
    smtp.reply(verb, reply)

    error = fail(channel, deliveries(channel)[0])

    assert (error.outcome, error.reason) == (outcome, reason)
    assert bool(error.remedy) == (outcome is SendOutcome.REFUSED)


def test_nobody_listening_means_not_sent() -> None:
    """A refused connection carried nothing."""
    channel = EmailChannel("morning", ["desk@example.org"], SENDER, "127.0.0.1", 9, "none")
    error = fail(channel, deliveries(channel)[0])
    assert (error.outcome, error.reason) == (SendOutcome.RETRYABLE, "connect")


def test_a_server_without_starttls_gets_nothing(smtp: FakeSmtp) -> None:
    """Somebody in the middle who strips the offer must not be handed the mail."""
    channel = EmailChannel("m", ["desk@example.org"], SENDER, smtp.host, smtp.port, "starttls", "monitor", PASSWORD)

    error = fail(channel, deliveries(channel)[0])

    assert (error.outcome, error.reason) == (SendOutcome.REFUSED, "no_starttls")
    assert smtp.verbs == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_encrypted_and_logged_in(security: str) -> None:
    """Both ways to TLS end in a mail taken over an encrypted line, after the login."""
    with serve_smtp(tls=server_tls(), implicit=security == "tls", auth=True) as smtp:
        channel = EmailChannel(
            "m",
            ["desk@example.org"],
            SENDER,
            smtp.host,
            smtp.port,
            "tls" if security == "tls" else "starttls",
            "monitor",
            PASSWORD,
            tls=client_tls(),
        )
        channel.send(deliveries(channel)[0])
        assert [mail.was_tls for mail in smtp.mails] == [True]


def test_a_server_that_cannot_prove_itself_gets_nothing() -> None:
    """A certificate that nobody trusts ends the dialogue before the password."""
    with serve_smtp(tls=server_tls(), auth=True) as smtp:
        channel = EmailChannel("m", ["d@example.org"], SENDER, smtp.host, smtp.port, "starttls", "monitor", PASSWORD)
        error = fail(channel, deliveries(channel)[0])
        assert (error.outcome, error.reason) == (SendOutcome.RETRYABLE, "tls")
        assert smtp.verbs == []


def test_a_wrong_password_is_a_persons_matter_and_stays_unseen() -> None:
    """The login's refusal names its remedy, and no error, payload or repr names the password."""
    with serve_smtp(tls=server_tls(), auth=True) as smtp:
        wrong = "notThePassword"
        channel = EmailChannel(
            "m", ["d@example.org"], SENDER, smtp.host, smtp.port, "starttls", "monitor", wrong, tls=client_tls()
        )
        (delivery,) = deliveries(channel)
        error = fail(channel, delivery)

    assert (error.outcome, error.reason) == (SendOutcome.REFUSED, "auth")
    assert wrong not in "".join(traceback.format_exception(error)) + repr(channel) + delivery.payload


@pytest.mark.parametrize("host", ["mail.example.org", "10.0.0.5", "::"])
def test_unencrypted_is_for_this_machine_alone(host: str) -> None:
    """Anything but loopback without TLS is a fault of the configuration, found at start."""
    with pytest.raises(ConfigError, match="unencrypted"):
        EmailChannel("m", ["d@example.org"], SENDER, host, 25, "none")


@pytest.mark.parametrize("address", ["nobody", "a@b@c.org", "x\r\nRCPT TO:<y@example.org>", "jürgen@example.org", ""])
def test_an_address_no_server_takes_is_refused_at_once(address: str) -> None:
    """An address that could not be used, or that speaks SMTP itself, never reaches a server."""
    with pytest.raises(ConfigError, match="no mail address"):
        EmailChannel("m", [address], SENDER, "127.0.0.1", 25, "none")


def test_the_same_recipient_twice_is_one_delivery(smtp: FakeSmtp) -> None:
    """A list that names somebody twice does not tell them twice."""
    assert len(deliveries(a_channel(smtp, "a@example.org", "a@example.org"))) == 1


def test_each_recipient_has_a_message_id_of_their_own(smtp: FakeSmtp) -> None:
    """Stores that drop a repeated Message-ID must not drop a colleague's copy."""
    bodies = [json.loads(one.payload)["message"] for one in deliveries(a_channel(smtp, "a@x.org", "b@x.org"))]
    assert len({parsed(body.encode())["Message-ID"] for body in bodies}) == 2


@pytest.mark.parametrize("digest", every_digest())
def test_the_text_part_carries_every_title_and_address(digest: Digest) -> None:
    """Who reads plain text misses nothing."""
    mail = render_mail(digest, KEY, Sender("", "m@example.org"), "d@example.org")
    text = "".join(part_of(parsed(mail.encode()), "plain").split())
    for story in digest.stories + digest.overflow:
        assert "".join(title_of(story).split()) in text
        assert link_of(story.lead.url) in text


def test_the_text_part_is_the_digest_as_text() -> None:
    """It is written for reading, not HTML with the tags taken out."""
    mail = render_mail(a_digest(), KEY, Sender("", "m@example.org"), "d@example.org")
    text = part_of(parsed(mail.encode()), "plain").replace("\r\n", "\n")
    assert text.startswith(render_text(a_digest(), width=76))


@pytest.mark.parametrize("digest", every_digest())
def test_the_html_is_ours_alone(digest: Digest) -> None:
    """Feed text adds no tag and no address; links are http or https; nothing is loaded from anywhere."""
    page = Page(render_html(digest))
    stories = digest.stories + digest.overflow
    wanted = {link_of(url) for story in stories for url in (story.lead.url, *(url for _, url in story.others))}
    assert set(page.links) <= (wanted - {""}) | links_beside(digest)
    assert not page.tags & {"script", "img", "link", "iframe", "form", "svg"}
    assert not {name for name in page.attributes if name.startswith("on")} | page.attributes & {"src", "srcset"}
    for story in digest.stories[:1]:
        assert title_of(story) in page.words


def test_two_hundred_stories_stay_below_where_gmail_cuts() -> None:
    """The HTML is bounded in bytes and says where the rest is."""
    html = render_html(a_huge_digest())
    assert len(html.encode()) <= HTML_BYTES_MAX
    assert "all in the plain text part of this mail" in html


def test_a_usual_digest_is_listed_whole() -> None:
    """Up to a long day's digest nothing is left to the text part."""
    html = render_html(a_digest(8, 60))
    assert "plain text part" not in html
    assert len(set(Page(html).links)) >= 68


def test_marks_and_hits_are_seen() -> None:
    """A breaking or updated story says so, and the words that matched are marked."""
    page = render_html(a_digest(1, stories=(a_story(1, marks=(Mark.BREAKING, Mark.UPDATE)),)))
    assert ">BREAKING</span>" in page
    assert ">UPDATE</span>" in page
    assert ">hostages</strong>" in page


def test_a_hostile_digest_arrives_as_it_was_typed(smtp: FakeSmtp) -> None:
    """Whatever stands in titles, the mail arrives and shows it literally."""
    channel = a_channel(smtp)
    channel.send(deliveries(channel, a_hostile_digest())[0])
    assert "<script>alert(1)</script>" in Page(part_of(parsed(smtp.mails[0].content), "html")).words


def test_lines_that_begin_with_a_dot_arrive(smtp: FakeSmtp) -> None:
    """A lone dot in the message does not end it."""
    channel = a_channel(smtp)
    envelope = json.loads(deliveries(channel)[0].payload)
    envelope["message"] = "Message-ID: <1@example.org>\r\n\r\n.\r\n..two\r\nend"

    channel.send(a_delivery(json.dumps(envelope)))

    assert smtp.mails[0].content.endswith(b"\r\n\r\n.\r\n..two\r\nend\r\n")
