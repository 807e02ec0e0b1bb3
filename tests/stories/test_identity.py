"""What counts as news in a feed, whatever the feed does to its ids, addresses, dates and headlines."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.model import Entry
from monitor.stories.identity import AliasKind, Standing, content_hash, entry_keys, poll_keys
from tests.stories.given import NOW, SITE, TEXT, FeedUnderTest, a_known_feed, an_entry, standings

DAY = timedelta(days=1)
TEN = [an_entry(number) for number in range(10)]


# --- what every poll does -------------------------------------------------------------------------------------------


def test_a_first_poll_is_a_baseline() -> None:
    """A feed read for the first time tells nothing of what it already shows."""
    verdict = FeedUnderTest().poll([an_entry(number) for number in range(16)])
    assert set(standings(verdict)) == {Standing.BASELINE}


def test_the_same_entries_again_are_nothing() -> None:
    """The same bytes an hour later are no news, and no revision either."""
    feed = a_known_feed(TEN)
    assert set(standings(feed.poll(TEN))) == {Standing.SEEN}
    assert feed.revisions == 0


def test_unseen_entries_above_old_ones_are_news() -> None:
    """Three new entries of a known feed are told."""
    feed = a_known_feed(TEN)
    verdict = feed.poll([an_entry(12), an_entry(11), an_entry(10), *TEN])
    assert standings(verdict)[:3] == [Standing.NEW] * 3
    assert set(standings(verdict)[3:]) == {Standing.SEEN}


def test_entries_that_come_back_after_a_month_are_known() -> None:
    """Names outlive the window: what left the feed and returns is not news."""
    feed = a_known_feed(TEN)
    feed.poll([an_entry(20)], after=2 * DAY)
    assert feed.told(TEN, after=30 * DAY) == 0


def test_an_article_swept_since_is_still_known() -> None:
    """Once the body is gone nothing can contradict a name, and the entry stays known."""
    feed = a_known_feed(TEN)
    feed.known = {name: replace(a, title="", content_key=None, published_at=None) for name, a in feed.known.items()}
    assert set(standings(feed.poll(TEN))) == {Standing.SEEN}
    assert feed.revisions == 0


# --- names that change ----------------------------------------------------------------------------------------------


def test_new_guids_alone_are_nothing() -> None:
    """A feed that renumbers its guids while links, headlines and dates stay tells nothing."""
    feed = a_known_feed(TEN)
    assert feed.told([replace(entry, id=f"new-{entry.id}") for entry in TEN]) == 0


def test_new_guids_and_plainer_links_are_nothing() -> None:
    """Neither does one that also moves to http, www and tracking parameters."""
    feed = a_known_feed(TEN)
    moved = [replace(e, id=f"x{e.id}", link=e.link.replace("https://", "http://www.") + "?utm_source=rss") for e in TEN]
    verdict = feed.poll(moved)
    assert {one.by for one in verdict.entries} == {AliasKind.URL}


def test_new_guids_and_paths_are_nothing_while_dates_stay() -> None:
    """Headline and date together are a name."""
    feed = a_known_feed(TEN)
    moved = [replace(e, id=f"x{e.id}", link=f"https://new.example/a/{n}") for n, e in enumerate(TEN)]
    assert feed.told(moved) == 0


def moved_whole(entry: Entry, number: int) -> Entry:
    """The entry with every name changed but headline and text."""
    return replace(
        entry, id=f"x{entry.id}", link=f"https://new.example/a/{number}", published=NOW + timedelta(minutes=number)
    )


def test_new_guids_paths_and_dates_at_once_are_nothing() -> None:
    """A site that moves house, dates and all, tells nothing while headlines and texts stay."""
    feed = a_known_feed(TEN)
    assert feed.told([moved_whole(e, n) for n, e in enumerate(TEN)]) == 0


def test_short_texts_pair_in_a_move() -> None:
    """Where the text is too short to be a name by itself, the move of the whole feed still gives it away."""
    short = [replace(e, summary=f"Short text number {n}.") for n, e in enumerate(TEN)]
    feed = a_known_feed(short)
    verdict = feed.poll([moved_whole(e, n) for n, e in enumerate(short)])
    assert set(standings(verdict)) == {Standing.RENUMBERED}
    assert verdict.is_flood
    assert [one.article_id for one in verdict.entries] == list(range(1, 11))


def test_a_move_that_adds_the_site_to_each_headline_is_nothing() -> None:
    """The site's name behind a headline changes no name of the entry."""
    feed = a_known_feed(TEN)
    moved = [replace(moved_whole(e, n), title=f"{e.title} | The Paper") for n, e in enumerate(TEN)]
    assert feed.told(moved) == 0


def test_new_entries_within_a_move_are_told() -> None:
    """Two truly new entries in the poll of a move are news, as they came after all the feed had shown."""
    short = [replace(e, summary="") for e in TEN]
    feed = a_known_feed(short)
    moved = [
        replace(e, id=f"x{e.id}", link=f"https://new.example/a/{n}", published=e.published) for n, e in enumerate(short)
    ]
    fresh = [an_entry(40, published=NOW + timedelta(minutes=30)), an_entry(41, published=NOW + timedelta(minutes=40))]
    assert feed.told([*fresh, *moved]) == 2


def test_an_edited_entry_is_a_revision() -> None:
    """An entry that keeps its guid while headline, text and date change twice is one article, revised twice."""
    feed = a_known_feed(TEN)
    first = an_entry(30)
    second = replace(first, title="Bridge in Oslo may open again", published=NOW, summary=TEXT.format("Oslo"))
    third = replace(second, title="Engineers: bridge is safe", published=NOW + timedelta(hours=3), summary="Short.")
    assert [feed.told([first]), feed.told([second]), feed.told([third])] == [1, 0, 0]
    assert feed.revisions == 2


def test_a_new_guid_and_slug_is_known_by_its_text() -> None:
    """A re-posted entry whose headline and long text stay is the article we have."""
    feed = a_known_feed(TEN)
    again = replace(TEN[3], id="z", link="https://paper.example/z-z-z", published=NOW)
    assert feed.poll([again]).entries[0].by is AliasKind.HEADLINE_TEXT


def test_a_live_page_is_told_once() -> None:
    """One link, a guid with a running number, headlines that share nothing: one article."""
    feed = a_known_feed([an_entry(99)])
    link = "https://paper.example/live/2026/storm-as-it-happens"
    told = 0
    for number in range(12):
        post = an_entry(number, id=f"{link}#{number}", link=link, published=NOW + timedelta(minutes=number))
        told += feed.told([post])
    assert told == 1


# --- names that name nothing ----------------------------------------------------------------------------------------


def test_entries_without_guid_that_link_home_are_told_once_each() -> None:
    """A shared link is no identity, and the next poll adds nothing."""
    feed = a_known_feed([an_entry(99)])
    six = [an_entry(n, id="", link=SITE) for n in range(6)]
    assert feed.told(six) == 6
    assert feed.told(six) == 0


def test_entries_of_one_guid_are_told_once_each() -> None:
    """A guid on several entries names none of them."""
    feed = a_known_feed([an_entry(99)])
    six = [an_entry(n, id="the-feed") for n in range(6)]
    assert feed.told(six) == 6
    assert feed.told(six) == 0


def test_a_section_link_is_no_identity_later_either() -> None:
    """A link shared in one poll is not remembered, so a single entry under it in a later poll is news."""
    feed = a_known_feed([an_entry(99)])
    section = "https://paper.example/news"
    assert feed.told([an_entry(n, id="", link=section) for n in range(3)]) == 3
    assert feed.told([an_entry(7, id="", link=section, published=NOW)]) == 1


def test_home_links_one_entry_at_a_time_are_told() -> None:
    """A feed whose every entry links to the front page, one per poll, tells each."""
    feed = FeedUnderTest(feed_link="")
    feed.poll([an_entry(99)])
    assert [feed.told([an_entry(n, link=SITE)]) for n in range(4)] == [1, 1, 1, 1]
    feed = FeedUnderTest(feed_link="")
    feed.poll([an_entry(99)])
    assert [feed.told([an_entry(n, link="https://paper.example/news")]) for n in range(4)] == [1, 1, 1, 1]


def test_one_guid_for_ever_is_told_each_time() -> None:
    """A feed that shows one entry at a time under the same guid gives the guid to another article each time."""
    feed = a_known_feed([an_entry(99)])
    assert [feed.told([an_entry(n, id="now")]) for n in range(4)] == [1, 1, 1, 1]
    undated = Entry(id="now", title="Talks resume after a week of silence", link="")
    assert [feed.told([undated]), feed.told([undated])] == [1, 0]


def test_guids_that_count_positions_are_no_identity() -> None:
    """A feed that numbers its entries from the top moves every guid on when one entry comes."""
    feed = a_known_feed([an_entry(n, id=str(5 - n)) for n in (5, 4, 3, 2)])
    verdict = feed.poll([an_entry(n, id=str(6 - n)) for n in (6, 5, 4, 3)])
    assert standings(verdict) == [Standing.NEW, Standing.SEEN, Standing.SEEN, Standing.SEEN]
    assert feed.revisions == 0


def test_an_entry_with_nothing_but_a_headline_is_told_once() -> None:
    """Without guid, link, date and text, headline and text are the name: it is not news at every poll."""
    feed = a_known_feed([an_entry(99)])
    bare = [Entry(id="", title="Bridge closed", link=""), Entry(id="", title="Bridge open", link="")]
    assert [feed.told(bare), feed.told(bare)] == [2, 0]


def test_the_same_entry_twice_in_a_poll_is_one_article() -> None:
    """The second showing points at the first, new or known."""
    feed = a_known_feed([an_entry(99)])
    twice = [an_entry(1), an_entry(1)]
    new, again = feed.poll(twice).entries
    assert (new.standing, again.standing, again.same_as) == (Standing.NEW, Standing.SEEN, 0)
    first, second = feed.poll(twice).entries
    assert first.article_id == second.article_id is not None


def test_notices_of_one_headline_and_second_stay_apart() -> None:
    """Feeds that date by the day print several notices under one headline: each text is its own."""
    feed = a_known_feed([an_entry(99)])
    notices = [an_entry(n, title="Notice of the central bank", published=NOW) for n in range(4)]
    assert [feed.told(notices), feed.told(notices)] == [4, 0]


# --- columns, floods, backlogs --------------------------------------------------------------------------------------


def a_column(name: str, day: int, text: str) -> Entry:
    """One day's column under its standing headline."""
    slug = f"{name.lower().replace(' ', '-')}-{day}"
    return Entry(slug, name, f"https://paper.example/{slug}", NOW + day * DAY, summary=text)


def test_a_briefing_of_one_headline_is_told_every_day() -> None:
    """One and the same headline and standing sentence over five days are five briefings."""
    feed = a_known_feed([an_entry(99)])
    told = [feed.told([a_column("Morning briefing", day, "What you need to know.")], DAY) for day in range(5)]
    assert told == [1] * 5


def test_daily_columns_are_not_renumbered_ids() -> None:
    """Three columns of one feed with new texts, or none, are told every day; ten of them too."""
    for count, texts in ((3, True), (3, False), (12, True)):
        feed = a_known_feed([an_entry(99)])
        told = [
            feed.told([a_column(f"Column {n}", day, f"Text {n} of {day}." if texts else "") for n in range(count)], DAY)
            for day in range(3)
        ]
        assert told == [count] * 3


def test_columns_beside_yesterdays_are_new() -> None:
    """A column that stands in the feed beside yesterday's cannot be yesterday's under another name."""
    feed = a_known_feed([an_entry(99)])
    days = [[a_column(f"Column {n}", day, "The same words.") for n in range(4)] for day in range(2)]
    assert feed.told(days[0], DAY) == 4
    assert feed.told([*days[1], *days[0]], DAY) == 4


def test_a_dumped_archive_is_stored_silently() -> None:
    """Forty entries of more than a month ago are a backlog; a new one among them is told."""
    feed = a_known_feed(TEN)
    old = [an_entry(100 + n, published=NOW - (40 + n) * DAY) for n in range(40)]
    verdict = feed.poll([an_entry(50, published=feed.now), *old])
    assert standings(verdict)[0] is Standing.NEW
    assert set(standings(verdict)[1:]) == {Standing.BACKLOG}
    assert verdict.is_backlog


def test_a_busy_hour_is_no_backlog() -> None:
    """Many fresh entries, or a few late ones, are news all the same."""
    feed = a_known_feed(TEN)
    assert feed.told([an_entry(n, published=NOW + timedelta(minutes=n)) for n in range(20, 60)]) == 40
    assert feed.told([an_entry(n, published=NOW - 40 * DAY) for n in range(60, 65)]) == 5


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_short_text_is_no_name() -> None:
    """Headline and text are a name only from 48 words on."""
    assert AliasKind.HEADLINE_TEXT in entry_keys(an_entry(1))
    assert AliasKind.HEADLINE_TEXT not in entry_keys(an_entry(1, summary="word " * 47))


def test_what_an_outlet_wraps_around_is_not_content() -> None:
    """A label, a suffix or an ellipsis is no revision; another word is."""
    entry = an_entry(1)
    wrapped = replace(entry, title=f"UPDATE 2 - {entry.title} - The Paper", summary=f"{entry.summary} Read more…")
    assert content_hash(entry) == content_hash(wrapped)
    assert content_hash(entry) != content_hash(replace(entry, title=f"{entry.title} again"))


TINY = st.builds(
    Entry,
    id=st.sampled_from(["", "a", "b"]),
    title=st.sampled_from(["Bridge closed in Doha today", "Talks resume", "…", "é"]),
    link=st.sampled_from(["", SITE, f"{SITE}news", f"{SITE}2026/a-b-c"]),
    published=st.sampled_from([None, NOW, NOW - 90 * DAY]),
    summary=st.sampled_from(["", "Short.", TEXT]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(TINY, max_size=14), min_size=1, max_size=3))
def test_no_entry_is_news_twice(polls: list[list[Entry]]) -> None:
    """Whatever a feed shows, each entry has a verdict and a name that fits the database; a second look is silent."""
    feed = FeedUnderTest()
    for entries in polls:
        verdict = feed.poll(entries)
        assert [one.entry_index for one in verdict.entries] == list(range(len(entries)))
        for keys in poll_keys(entries, feed_link=SITE):
            assert set(keys) - {AliasKind.HEADLINE}
            assert all(0 <= key < 2**63 for key in keys.values())
        assert set(standings(feed.poll(entries))) <= {Standing.SEEN}
