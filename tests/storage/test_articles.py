"""Articles, their names, stories, matches and the sent log. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from monitor.digests.compose import HeldBack, Telling
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestId,
    DigestKind,
    Evidence,
    FeedId,
    Field,
    Level,
    Match,
    NoMatch,
    Relation,
    Span,
    StoryId,
    TopicKey,
    Via,
)
from monitor.storage.articles import Alias, StoredArticle
from monitor.storage.store import Store
from monitor.storage.stories import MEMBERS_MAX, StoryGrowth
from monitor.storage.tables import MATCH
from monitor.storage.topics import TopicPlan
from monitor.stories.identity import AliasKind
from tests.fakes.clock import START
from tests.storage.given import TOPIC, a_match, an_article, some_feeds, store_articles

DESK = ChannelName("desk")


def test_an_article_comes_back_as_it_was(store: Store) -> None:
    """Every field survives the database, in any script, and the feed's name and weight come with it."""
    [feed_id] = some_feeds(store, 1)
    article = Article(
        id=ArticleId(7),
        title="Переговоры о заложниках 人質交渉",
        text="Zeile eins\nrow two — “quoted” 😀",
        url="https://example.org/ä?x=1",
        feed_id=feed_id,
        feed="Feed 0",
        source="Kurier",
        language="ru",
        author="A. Author",
        tags=("world", "middle east"),
        published_at=START - timedelta(hours=1),
        seen_at=START,
    )
    store_articles(store, [article])

    with store.read() as tx:
        found = tx.articles.by_ids([article.id])[article.id]

    assert found.article == article


def test_names_outlive_the_article(store: Store) -> None:
    """What was once shown is never news again, also when its text is past the retention."""
    store_articles(store, [an_article(1)])
    names = [Alias(FeedId(1), kind, 40 + kind, ArticleId(1)) for kind in (AliasKind.GUID, AliasKind.URL)]
    with store.write() as tx:
        tx.articles.add_first_aliases(names, START)
        before = tx.articles.known_aliases(FeedId(1), [(AliasKind.GUID, 41), (AliasKind.URL, 41)])
        assert tx.articles.past(START + timedelta(days=1), limit=10) == [1]
        tx.articles.forget([ArticleId(1)])
        after = tx.articles.known_aliases(FeedId(1), [(AliasKind.GUID, 41)])
        elsewhere = tx.articles.known_aliases(FeedId(2), [(AliasKind.GUID, 41)])

    assert [*before] == [(AliasKind.GUID, 41)]
    assert before[AliasKind.GUID, 41].title == "Talks resume"
    assert after[AliasKind.GUID, 41].title == ""
    assert elsewhere == {}


def test_a_name_stays_with_its_article(store: Store) -> None:
    """A name the feed uses for another article later does not move: the first one keeps it."""
    store_articles(store, [an_article(1), an_article(2)])
    with store.write() as tx:
        tx.articles.add_first_aliases([Alias(FeedId(1), AliasKind.GUID, 9, ArticleId(1))], START)
        tx.articles.add_aliases([Alias(FeedId(1), AliasKind.GUID, 9, ArticleId(2))], START + timedelta(days=9))
        known = tx.articles.known_aliases(FeedId(1), [(AliasKind.GUID, 9)])
        assert known[AliasKind.GUID, 9].article_id == 1
        assert tx.sweeps.old_names(1, 1, START + timedelta(days=5)) == [], "its day was renewed"
        gone = tx.sweeps.old_names(1, 1, START + timedelta(days=15))
        tx.sweeps.forget_names(gone, START + timedelta(days=15))
        assert (len(gone), tx.sweeps.old_names(1, 1, START + timedelta(days=15))) == (1, [])


def test_revisions_are_counted_and_the_text_stays(store: Store) -> None:
    """An edit by the publisher is remembered; what we stored first is what we keep."""
    store_articles(store, [an_article(1)])
    with store.write() as tx:
        tx.articles.revise({ArticleId(1): 99})
        found = tx.articles.by_ids([ArticleId(1)])[ArticleId(1)]
    assert (found.revision, found.content_key, found.article.title) == (1, 99, "Talks resume")


def test_a_story_as_a_digest_sees_it(store: Store) -> None:
    """Members oldest first, with their own matches; copies add publishers but no independence."""
    some_feeds(store, 3)
    articles = [an_article(n, feed_id=n) for n in (1, 2, 3)]
    with store.write() as tx:
        relations = [Relation.NEW, Relation.COPY, Relation.REPORT]
        tx.articles.add(
            [
                StoredArticle(article, "new", content_key=1, story_id=StoryId(1), relation=relation)
                for article, relation in zip(articles, relations, strict=True)
            ]
        )
        tx.stories.grow([StoryGrowth(StoryId(1), START, 3, is_new=True)])
        tx.stories.grow([StoryGrowth(StoryId(1), START + timedelta(hours=1), 500, is_new=False)])
        tx.matches.record([a_match(2, story_id=1)])
        [candidate] = tx.stories.as_candidates([StoryId(1), StoryId(77)], TOPIC)

    assert [member.article.id for member in candidate.members] == [1, 2, 3]
    assert [member.match is not None for member in candidate.members] == [False, True, False]
    # All three addresses are of one registrable domain, so one publisher.
    assert (candidate.publisher_count, candidate.independent_count) == (1, 1)
    assert candidate.article_count == 503
    assert len(candidate.members) <= MEMBERS_MAX


def test_a_match_is_taken_once(store: Store) -> None:
    """What a digest took is never open again, also when the same match is recorded anew."""
    store_articles(store, [an_article(1), an_article(2), an_article(3)])
    silent = a_match(3, silent=True)
    with store.write() as tx:
        tx.matches.record([a_match(1), a_match(2), silent])
        assert [stored.match.article_id for stored in tx.matches.open_for(TOPIC)] == [1, 2]
        tx.matches.take(TOPIC, [ArticleId(1)], DigestId(5))
        tx.matches.record([a_match(1)])
        assert [stored.match.article_id for stored in tx.matches.open_for(TOPIC)] == [2]
        assert tx.matches.count_open(TOPIC) == 1
        [taken] = tx.matches.of_article(ArticleId(1))
    assert taken.digest_id == 5


def test_evidence_survives(store: Store) -> None:
    """The very words and places that matched come back, for the digest to mark and for `explain`."""
    spans = (Span(Field.TITLE, 0, 5), Span(Field.TEXT, 17, 22))
    evidence = Evidence("negotiation", {"talks": 2, "переговоры": 1}, Via.SYNONYM, spans, points=61)
    learned = Evidence("doha", {"doha": 1}, Via.LEARNED, points=-4)
    match = Match(
        TOPIC, ArticleId(1), 57, Level.STRICT, (evidence,), "Talks “resume”.", title_hit=True, learned=(learned,)
    )
    with store.write() as tx:
        tx.matches.record([replace(a_match(1), match=match)])
        [stored] = tx.matches.of_article(ArticleId(1))
    assert stored.match == match


def test_evidence_of_the_first_version_is_still_read(store: Store) -> None:
    """Matches written down before a score was told in parts keep their words; their points are not known."""
    with store.write() as tx:
        tx.matches.record([a_match(1)])
        change = sa.update(MATCH).values(evidence='[["talks",{"talks":1},"exact",[["title",0,5]]]]')
        tx.connection.execute(change)
        [stored] = tx.matches.of_article(ArticleId(1))
    assert stored.match.evidence == (Evidence("talks", {"talks": 1}, Via.EXACT, (Span(Field.TITLE, 0, 5),)),)
    assert stored.match.evidence[0].points is None


def test_near_misses_are_kept_with_their_reason(store: Store) -> None:
    """Why not is written down when it is decided."""
    miss = NoMatch(TOPIC, ArticleId(1), 28, "the words stand 30 words apart", near=True)
    with store.write() as tx:
        tx.matches.record_near([miss], START)
        [found] = tx.matches.near_of(ArticleId(1))
        tx.matches.forget([ArticleId(1)])
        assert tx.matches.near_of(ArticleId(1)) == []
    assert (found.topic, found.score, found.reason) == (TOPIC, 28, miss.reason)


def test_a_slot_closes_once(store: Store) -> None:
    """The unique local slot is what keeps a digest from being made twice, by whatever process."""
    with store.write() as tx:
        window = {"window_start": START - timedelta(hours=1), "window_end": START, "now": START}
        first = tx.digests.close(TOPIC, "2026-03-14T09:00 UTC", DigestKind.SCHEDULED, **window)
        again = tx.digests.close(TOPIC, "2026-03-14T09:00 UTC", DigestKind.SCHEDULED, **window)
        other = tx.digests.close(TopicKey("other"), "2026-03-14T09:00 UTC", DigestKind.SCHEDULED, **window)
    assert first is not None
    assert again is None
    assert other is not None


def test_a_telling_is_logged_once_per_channel(store: Store) -> None:
    """Whatever topics ask at once, a channel is told a story once; a second writer fails whole."""
    telling = Telling(StoryId(1), 0, ArticleId(1), "first", 3, 2, 2)
    with store.write() as tx:
        tx.digests.log_told(DESK, DigestId(1), TOPIC, [telling], START)
        tx.digests.log_told(ChannelName("mail"), DigestId(1), TOPIC, [telling], START)
        tx.digests.log_told(DESK, DigestId(2), TOPIC, [replace(telling, telling=1)], START + timedelta(hours=7))
        told = tx.digests.told(DESK, [StoryId(1), StoryId(2)])
        assert len(tx.digests.tellings_of(StoryId(1))) == 3
    assert [*told] == [StoryId(1)]
    assert (told[StoryId(1)].tellings, told[StoryId(1)].last_at) == (2, START + timedelta(hours=7))

    def tell_again() -> None:
        with store.write() as tx:
            tx.digests.log_told(DESK, DigestId(3), TopicKey("other"), [telling], START)

    with pytest.raises(IntegrityError):
        tell_again()


def test_reasons_for_holding_back_are_kept(store: Store) -> None:
    """`explain` can say why a digest did not tell a story."""
    with store.write() as tx:
        digest_id = tx.digests.close(
            TOPIC, "slot", DigestKind.SCHEDULED, window_start=START, window_end=START, now=START
        )
        assert digest_id is not None
        tx.digests.log_held(DESK, digest_id, [HeldBack(StoryId(4), "told before")])
        [held] = tx.digests.held_of(StoryId(4))
    assert (held.channel, held.reason, held.digest.slot) == (DESK, "told before", "slot")


def test_an_article_that_waits_to_be_told_is_not_swept(store: Store) -> None:
    """Retention never takes what nobody was told yet; once told, or of a topic that is gone, it goes."""
    store_articles(store, [an_article(1), an_article(2)])
    later = START + timedelta(days=1)
    with store.write() as tx:
        tx.topics.sync([TopicPlan(TOPIC, "T", "mon 07:30 UTC", later)], START)
        tx.matches.record([a_match(1)])
        assert tx.articles.past(later, limit=10) == [2]
        tx.matches.take(TOPIC, [ArticleId(1)], DigestId(1))
        assert tx.articles.past(later, limit=10) == [1, 2]
