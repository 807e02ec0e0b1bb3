"""`monitor outbox`: what waits and what failed, and a person's word on it."""

from monitor.model import ChannelName
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry
from tests.storage.given import a_delivery


def failed(newsroom: Newsroom) -> None:
    """A delivery the channel refused."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell(faults=["refused"])


def test_an_empty_outbox_says_so(newsroom: Newsroom) -> None:
    """Nothing waits: everything was sent."""
    assert newsroom.run("outbox", "list").out == "The outbox is empty: everything was sent.\n"
    assert newsroom.run("outbox", "list", "--json").out == ""


def test_a_failed_delivery_is_shown_with_its_reason_and_retried(newsroom: Newsroom) -> None:
    """List, retry, list: it stands in line again with its next try."""
    failed(newsroom)
    shown = newsroom.run("outbox", "list")
    assert "1  dead     console: hostages, 1 story, part 1, attempt 1\n" in shown.out
    assert "it is not welcome. Ask them." in shown.out

    retried = newsroom.run("outbox", "retry", "1")

    assert (retried.code, retried.out) == (0, "delivery 1: in line again\n")
    [record] = newsroom.run("outbox", "list", "--json").records
    assert (record["id"], record["state"], record["topic"], record["channel"]) == (1, "pending", "hostages", "console")


def test_a_dropped_delivery_is_out_of_the_list(newsroom: Newsroom) -> None:
    """Given up for good: not waiting, not failed, still to be seen with --all."""
    failed(newsroom)
    assert newsroom.run("outbox", "drop", "1").out == "delivery 1: dropped\n"
    assert newsroom.run("outbox", "list", "--json").records == []
    [record] = newsroom.run("outbox", "list", "--all", "--json").records
    assert (record["state"], record["reason"]) == ("dead", "dropped")
    assert newsroom.run("status").code == 0


def test_who_drops_a_part_is_told_that_those_behind_it_go_too(newsroom: Newsroom) -> None:
    """A reply without its root would stand alone; nothing goes without being said."""
    with newsroom.store() as store, store.write() as tx:
        parts = [a_delivery(number, part=number, channel="console") for number in (1, 2, 3)]
        tx.outbox.add(parts, newsroom.now, due_at=newsroom.now)

    dropped = newsroom.run("outbox", "drop", "2")
    assert dropped.out == "delivery 2: dropped, and 1 part of its message behind it\n"
    assert newsroom.run("outbox", "drop", "1").out == "delivery 1: dropped\n", "those behind it went before"
    assert newsroom.run("outbox", "list", "--json").records == []


def test_a_sent_delivery_is_proof_and_cannot_be_changed(newsroom: Newsroom) -> None:
    """It is listed with --all only; retrying it, or one that never was, is refused with what to look at."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell()
    assert newsroom.run("outbox", "list", "--json").records == []
    [record] = newsroom.run("outbox", "list", "--all", "--json").records
    assert (record["state"], record["receipt"]) == ("sent", "receipt of digest-1-console-1")

    refused = newsroom.run("outbox", "retry", "1", "99")

    assert refused.code == 1
    assert "no delivery 1, 99 waits or has failed. See: monitor outbox list --all" in refused.err


def test_who_left_is_seen_and_can_come_back(newsroom: Newsroom) -> None:
    """Listed with when and why, on the one screen too; `--resume` writes to them again."""
    assert newsroom.run("outbox", "recipients").out == "Nobody left, and nobody was refused.\n"
    with newsroom.store() as store, store.write() as tx:
        tokens = tx.recipients.tokens(ChannelName("console"), ["anna@example.org", "ben@example.org"])
        tx.recipients.stop(tokens["anna@example.org"], newsroom.now)

    assert "console: anna@example.org  left, " in newsroom.run("outbox", "recipients").out
    assert "console: ben@example.org  gets mail\n" in newsroom.run("outbox", "recipients").out
    records = newsroom.run("outbox", "recipients", "--json").records
    assert [(one["address"], one["stopped_by"]) for one in records] == [
        ("anna@example.org", "reader"),
        ("ben@example.org", None),
    ]
    assert "console: anna@example.org left the list" in newsroom.run("status").out

    back = newsroom.run("outbox", "recipients", "--resume", "anna@example.org")

    assert back.out == "anna@example.org: gets mail again from console\n"
    assert "is not stopped" in newsroom.run("outbox", "recipients", "--resume", "anna@example.org").err
