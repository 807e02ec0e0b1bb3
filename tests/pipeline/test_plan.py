"""A plan says what judging every stored article says, before and after, whatever the index holds."""

import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor.digests.schedule import next_slot_at, parse_schedule
from monitor.feeds.fulltext import complete
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    FeedId,
    Level,
    PageState,
    QuietHours,
    Relation,
    StoryId,
    Topic,
    TopicKey,
    TopicMark,
    Verdict,
    Watchlist,
)
from monitor.pipeline import plan as planning
from monitor.pipeline.indexing import Indexer
from monitor.pipeline.plan import plan_change
from monitor.pipeline.planned import Load, Plan, TopicChange
from monitor.pipeline.watched import watch
from monitor.storage.articles import StoredArticle
from monitor.storage.pages import page_texts
from monitor.storage.store import Store
from monitor.storage.tables import PAGE
from monitor.topics.compare import Change
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, match_article
from tests.fakes.clock import START

LEXICON = load_lexicon()
NOW = START + timedelta(days=40)
LISTS = {"crews": ("mediators", "ministers")}
WORDS = [
    "hostage",
    "hostages",
    "talks",
    "negotiations",
    "captives",
    "tanker",
    "ship",
    "seized",
    "minister",
    "prices",
    "release",
    "Geisel",
    "Geiseln",
    "заложники",
    "COVID-19",
    "cease-fire",
    "villages",
    "earthquake",
    "rescue",
    "mediators",
    "Gulf",
    "the",
    "of",
    "a",
    "in",
]
QUERIES = (
    "hostage*", "talks AND NOT tanker", '"tanker seized"', "talks NEAR/3 captives", "@crews", "source:gulf",
    "lang:de hostage", "=Geisel OR COVID-19", "tank*", "prices AND minister", "title:earthquake", "~hostage",
)  # fmt: skip
NAMES = ("hostage negotiations", "tanker attacks", "earthquake rescue villages", "captives", "Geisel", "ship seized")
SCHEDULES = ("now", "every 1h", "every 30m", "daily 08:00", "mon,thu 07:30")
DESK, WIRE = ChannelName("desk"), ChannelName("wire")


def a_topic(key: str, name: str = "", schedule: str = "now", **changes: object) -> Topic:
    """A topic told on the desk."""
    topic = Topic(TopicKey(key), name or key, parse_schedule(schedule, "UTC"), (DESK,))
    return replace(topic, **changes)  # the tests name real fields


def a_watchlist(*topics: Topic, lists: dict[str, tuple[str, ...]] | None = None) -> CompiledWatchlist:
    """As it is loaded."""
    return compile_watchlist(Watchlist(topics, LISTS if lists is None else lists), LEXICON)


def keep(store: Store, articles: Sequence[tuple[Article, int, str]]) -> None:
    """Store articles, each with its story and standing."""
    with store.write() as tx:
        tx.articles.add(
            [StoredArticle(one, standing, one.id, StoryId(story), Relation.NEW) for one, story, standing in articles]
        )


def titled(*titles: str, every: timedelta = timedelta(hours=3)) -> list[tuple[Article, int, str]]:
    """An article of its own story for each title, the last one `every` before now."""
    count = len(titles)
    articles = []
    for number, title in enumerate(titles, 1):
        at = NOW - every * (count - number + 1)
        url = f"https://wire.example/{number}"
        one = Article(ArticleId(number), title, "Words.", url, FeedId(1), source="The Wire", language="en", seen_at=at)
        articles.append((one, number, "new"))
    return articles


def a_world(store: Store, chance: random.Random, count: int = 120) -> None:
    """Random articles of a small vocabulary, some in one story, some silent, some with pages, some not indexed."""
    articles = []
    for number in range(1, count + 1):
        text = ". ".join(" ".join(chance.choices(WORDS, k=chance.randint(2, 9))) for _ in range(chance.randint(1, 4)))
        title = " ".join(chance.choices(WORDS, k=chance.randint(1, 5)))
        source, language = chance.choice(("", "The Gulf Wire")), chance.choice(("en", "en", "de", "ru", None))
        at = NOW - timedelta(minutes=chance.randint(1, 34 * 1440))
        one = Article(ArticleId(number), title, text, feed_id=FeedId(1), source=source, language=language, seen_at=at)
        articles.append((one, chance.randint(1, count // 2), chance.choice(("new", "new", "new", "baseline"))))
    keep(store, articles)
    for number in chance.sample(range(1, count + 1), count // 6):
        give_page(store, number, " ".join(chance.choices(WORDS, k=12)))
    if chance.random() < 0.8:
        Indexer(store).catch_up(portions=50)
        for number in chance.sample(range(1, count + 1), 3):
            give_page(store, number, " ".join(chance.choices(WORDS, k=12)))


def give_page(store: Store, article_id: int, text: str) -> None:
    """The page of an article was read."""
    values = {
        "article_id": article_id, "url": "", "host": "", "address_key": 0, "state": PageState.GOT.value, "attempts": 1,
        "wanted_at": START, "next_at": START, "text": text, "road": "", "reason": "",
    }  # fmt: skip
    with store.write() as tx:
        tx.connection.execute(sa.delete(PAGE).where(PAGE.c.article_id == article_id))
        tx.connection.execute(sa.insert(PAGE).values(**values))


def some_topics(chance: random.Random) -> list[Topic]:
    """Random topics."""
    topics = []
    for key in chance.sample("abcdefgh", 5):
        query = chance.choice((None, *QUERIES))
        topics.append(
            a_topic(
                key,
                chance.choice(NAMES),
                chance.choice(SCHEDULES),
                query=query,
                also=() if query else tuple(chance.sample(NAMES, chance.randint(0, 1))),
                exclude=chance.choice((None, None, "prices", "Gulf")),
                level=chance.choice(list(Level)),
                channels=tuple(chance.sample((DESK, WIRE), chance.randint(1, 2))),
            )
        )
    return topics


def an_edit(chance: random.Random, topics: Sequence[Topic]) -> list[Topic]:
    """The same topics, some of them changed, one gone, one new."""
    edited = [
        replace(a, key=b.key) if chance.random() < 0.6 else b for a, b in zip(some_topics(chance), topics, strict=True)
    ]
    return [*edited[1:], a_topic("new", chance.choice(NAMES))]


def found_by(store: Store, compiled: CompiledWatchlist, since: datetime) -> dict[TopicKey, dict[int, list[Article]]]:
    """Every article judged as when it came and again with its page: by topic and story, the oldest first."""
    judging = watch(store, compiled).watchlist
    with store.read() as tx:
        kept = tx.articles.by_ids(map(ArticleId, range(1, 1000))).values()
        stored = sorted(kept, key=lambda one: (one.article.seen_at or START, one.article.id))
        pages = page_texts(tx.connection, [one.article.id for one in stored])
    found: dict[TopicKey, dict[int, list[Article]]] = {one.topic.key: {} for one in compiled.topics}
    for one in stored:
        article = one.article
        assert article.seen_at is not None
        if article.seen_at < since:
            continue
        page = pages.get(article.id)
        forms = [article, *([replace(article, text=complete(article.text, page))] if page else [])]
        for key in dict.fromkeys(match.topic for form in forms for match in match_article(judging, form)[0]):
            is_told = article if one.standing == "new" else replace(article, author="silent")
            found[key].setdefault(one.story_id, []).append(is_told)
    return found


def load_of(topic: Topic, stories: dict[int, list[Article]]) -> Load:
    """What these stories come to, slot by slot."""
    told = [[one.seen_at for one in articles if one.author != "silent"] for articles in stories.values()]
    times = [times[0] for times in told if times and times[0]]
    slots = times if topic.schedule.now else list({next_slot_at(topic.schedule, at) for at in times})
    return Load(len(stories), len(times), len(slots))


def by_key(plan: Plan) -> dict[str, TopicChange]:
    """The topics of a plan."""
    return {one.key: one for one in plan.topics}


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_is_what_judging_everything_says(store: Store, seed: int) -> None:
    """Stories gained and lost, those shown, stories and messages before and after."""
    chance = random.Random(seed)
    a_world(store, chance)
    before = some_topics(chance)
    after = an_edit(chance, before)
    old, new = a_watchlist(*before), a_watchlist(*after)
    since = NOW - timedelta(days=30)
    was, will = found_by(store, old, since), found_by(store, new, since)
    plan = plan_change(store, old, new, NOW, since, titles=100)
    touched = [one for one in plan.topics if one.change is not Change.CHANGED or not one.changes_nothing]
    assert touched
    for one in touched:
        stories_before = was[one.old.key] if one.old else {}
        stories_after = will[one.new.key] if one.new else {}
        assert one.before == (load_of(one.old, stories_before) if one.old else Load())
        assert one.after == (load_of(one.new, stories_after) if one.new else Load())
        for shown, count, own, others in (
            (one.added_stories, one.added, stories_after, stories_before),
            (one.dropped_stories, one.dropped, stories_before, stories_after),
        ):
            alone = {story: articles[0] for story, articles in own.items() if story not in others}
            newest = sorted(alone.items(), key=lambda item: (item[1].seen_at, item[1].id), reverse=True)
            assert [(story.story_id, story.article_id) for story in shown] == [(s, a.id) for s, a in newest]
            assert count == len(alone)
    assert plan.unchanged == len(after) - sum(1 for one in plan.topics if one.new)


def test_a_wider_name_adds_and_a_narrower_drops(sqlite_store: Store) -> None:
    """With titles, the newest first, and only as many as were asked for."""
    keep(sqlite_store, titled("Tanker seized", "Prices rise", "Ship seized", "Tanker afloat", "Ship sunk"))
    narrow, wide = a_watchlist(a_topic("s", query="tanker")), a_watchlist(a_topic("s", query="tanker OR ship"))
    (one,) = plan_change(sqlite_store, narrow, wide, NOW).topics
    assert (one.added, one.dropped, one.keys) == (2, 0, ("query",))
    assert [story.title for story in one.added_stories] == ["Ship sunk", "Ship seized"]
    (one,) = plan_change(sqlite_store, wide, narrow, NOW, titles=1).topics
    assert (one.added, one.dropped) == (0, 2)
    assert [story.title for story in one.dropped_stories] == ["Ship sunk"]
    assert (one.before.stories, one.after.stories) == (4, 2)


def test_another_schedule_alters_messages_alone(sqlite_store: Store) -> None:
    """No story is gained or lost; four in two days are four messages at once and two in the morning."""
    keep(sqlite_store, titled(*["Tanker seized"] * 4, every=timedelta(hours=11)))
    at_once, daily = (a_watchlist(a_topic("s", query="tanker", schedule=said)) for said in ("now", "daily 08:00"))
    plan = plan_change(sqlite_store, at_once, daily, NOW)
    (one,) = plan.topics
    assert (one.added, one.dropped, one.keys) == (0, 0, ("schedule",))
    assert one.before == Load(4, 4, 4)
    assert one.after.messages == 2
    assert not one.changes_nothing
    assert plan.channels == {DESK: (4, 2)}


def test_channels_that_gain_and_lose_a_topic_are_named(sqlite_store: Store) -> None:
    """The same stories, told elsewhere."""
    keep(sqlite_store, titled("Tanker seized", "Tanker sunk"))
    old = a_watchlist(a_topic("s", query="tanker"))
    plan = plan_change(sqlite_store, old, a_watchlist(a_topic("s", query="tanker", channels=(WIRE,))), NOW)
    assert plan.channels == {DESK: (2, 0), WIRE: (0, 2)}
    assert not plan.topics[0].changes_nothing


def test_an_edit_of_words_that_find_nothing_changes_nothing(sqlite_store: Store) -> None:
    """It is named all the same; what is not edited is not."""
    keep(sqlite_store, titled("Tanker seized"))
    kept = a_topic("kept", query="tanker")
    old = a_watchlist(kept, a_topic("s", query="tanker"))
    new = a_watchlist(kept, a_topic("s", query="tanker OR zeppelin", settle_s=60))
    plan = plan_change(sqlite_store, old, new, NOW)
    assert [(one.key, one.keys, one.changes_nothing) for one in plan.topics] == [("s", ("query", "settle"), True)]
    assert plan.unchanged == 1
    assert plan_change(sqlite_store, new, new, NOW).topics == ()


def test_new_removed_and_renamed_topics_are_told_apart(sqlite_store: Store) -> None:
    """By its key a topic is another; what finds the same, or has its name, is the old one renamed."""
    keep(sqlite_store, titled("Tanker seized", "Ship sunk", "Prices rise"))
    old = a_watchlist(a_topic("a", query="tanker"), a_topic("b", "Ships", query="ship"), a_topic("c", query="prices"))
    new = a_watchlist(a_topic("x", query="tanker"), a_topic("y", "Ships", query="ship*"), a_topic("z", query="Gulf"))
    changes = by_key(plan_change(sqlite_store, old, new, NOW))
    assert {key: (one.change, one.was) for key, one in changes.items()} == {
        "x": (Change.RENAMED, "a"),
        "y": (Change.RENAMED, "b"),
        "z": (Change.NEW, None),
        "c": (Change.REMOVED, None),
    }
    assert changes["x"].keys == ("name",)
    assert changes["x"].changes_nothing
    assert changes["c"].dropped == 1


def test_an_edited_list_touches_the_topics_that_name_it(sqlite_store: Store) -> None:
    """Though their own lines are as they were."""
    keep(sqlite_store, titled("Mediators arrive", "Envoys arrive"))
    topics = (a_topic("a", query="@crews"), a_topic("b", query="tanker"))
    plan = plan_change(sqlite_store, a_watchlist(*topics), a_watchlist(*topics, lists={"crews": ("envoys",)}), NOW)
    (one,) = plan.topics
    assert (one.key, one.keys, one.added, one.dropped) == ("a", ("lists",), 1, 1)


def test_what_marks_taught_is_part_of_the_verdict(sqlite_store: Store) -> None:
    """A topic that no longer listens to its marks is judged anew without them."""
    keep(sqlite_store, titled("Tanker attacks in the strait"))
    with sqlite_store.write() as tx:
        for number in range(100, 112):
            mark = TopicMark(TopicKey("t"), ArticleId(number), Verdict.NOT_RELEVANT, START, words={"strait": 1}, language="en", title="x")  # fmt: skip  # noqa: E501
            tx.marks.put(mark)
    listening = a_watchlist(a_topic("t", "tanker attacks strait"))
    deaf = a_watchlist(a_topic("t", "tanker attacks strait", feedback=False))
    since = NOW - timedelta(days=30)
    (one,) = plan_change(sqlite_store, listening, deaf, NOW, since).topics
    was, will = (found_by(sqlite_store, side, since)[TopicKey("t")] for side in (listening, deaf))
    assert (one.before.stories, one.after.stories) == (len(was), len(will))


def test_an_empty_archive_and_no_revision(sqlite_store: Store) -> None:
    """Everything is new, and there is nothing to judge."""
    plan = plan_change(sqlite_store, None, a_watchlist(a_topic("s", query="tanker")), NOW)
    assert plan.is_first
    assert (plan.articles, plan.judged, plan.says_rates) == (0, 0, False)
    assert [one.change for one in plan.topics] == [Change.NEW]
    assert plan.per_day(3) is None


def test_what_is_kept_to_be_shown_is_bounded(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are shown, and all are counted."""
    monkeypatch.setattr(planning, "OPEN_MAX", 3)
    keep(sqlite_store, titled(*(f"Tanker {n}" for n in range(10))))
    (one,) = plan_change(sqlite_store, None, a_watchlist(a_topic("s", query="tanker")), NOW, titles=2).topics
    assert one.added == 10
    assert [story.title for story in one.added_stories] == ["Tanker 9", "Tanker 8"]


def test_one_topic_alone(sqlite_store: Store) -> None:
    """By its key before or after."""
    keep(sqlite_store, titled("Tanker seized", "Ship sunk"))
    old = a_watchlist(a_topic("a", query="tanker"))
    new = a_watchlist(a_topic("x", query="tanker"), a_topic("b", query="ship"))
    assert [one.key for one in plan_change(sqlite_store, old, new, NOW, topic=TopicKey("a")).topics] == ["x"]
    assert [one.key for one in plan_change(sqlite_store, old, new, NOW, topic=TopicKey("b")).topics] == ["b"]


def test_quiet_hours_fold_messages(sqlite_store: Store) -> None:
    """What comes due in them is one message at their end."""
    keep(sqlite_store, titled(*["Tanker seized"] * 24, every=timedelta(hours=1)))
    loud = a_topic("s", query="tanker", schedule="every 1h")
    quiet = replace(loud, quiet_hours=QuietHours(time(22), time(6)))
    (one,) = plan_change(sqlite_store, a_watchlist(loud), a_watchlist(quiet), NOW).topics
    assert one.before.messages == 24
    assert one.after.messages == 24 - 8
