"""What counts as a change of a feed's bytes."""

from monitor.feeds.fingerprint import hash_body, hash_entries

FEED = b"<rss><channel><lastBuildDate>%s</lastBuildDate><item><title>%s</title></item><item/></channel>%s</rss>"


def test_a_feed_that_only_moves_its_build_date_has_the_same_entries() -> None:
    """Four feeds in five do so on every visit; reading them again would bring nothing."""
    assert hash_entries(FEED % (b"10:00", b"a", b"")) == hash_entries(FEED % (b"10:05", b"a", b"<!-- 7 ms -->"))
    assert hash_body(FEED % (b"10:00", b"a", b"")) != hash_body(FEED % (b"10:05", b"a", b""))


def test_any_change_of_an_entry_is_a_change() -> None:
    """An edited, added or prefixed entry is never taken for an old one."""
    one = hash_entries(FEED % (b"", b"a", b""))
    assert one != hash_entries(FEED % (b"", b"b", b""))
    assert hash_entries(b"<f:feed><f:entry>1</f:entry></f:feed>") != hash_entries(
        b"<f:feed><f:entry>2</f:entry></f:feed>"
    )
    assert hash_entries(b"<feed><entry>1</entry><entry>2</entry></feed>") != hash_entries(
        b"<feed><entry>1</entry></feed>"
    )


def test_a_body_without_entry_tags_counts_whole() -> None:
    """JSON, a page and a feed with no entries change with any byte; a long tail does not hide the last entry."""
    assert hash_entries(b'{"items": [1]}') == hash_body(b'{"items": [1]}')
    tail = b" " * 200_000
    assert hash_entries(b"<item>1</item>" + tail) == hash_entries(b"<x/><item>1</item>")
    assert len(hash_body(b"")) == 16
