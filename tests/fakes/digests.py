"""Sample digests of our own fictional news: a plain one, a hostile one, a huge one, an empty one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from monitor.channels.wording import link_of
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryState,
    Digest,
    DigestId,
    DigestKind,
    DigestStory,
    FeedTrouble,
    Folded,
    FollowUp,
    Headline,
    Mark,
    StoryId,
    TopicKey,
    Volume,
)

START = datetime(2026, 3, 14, 6, 0, tzinfo=UTC)
END = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
KEY = "hostage-negotiations/2026-03-14T08:00 Europe/Berlin/desk"

HOSTILE_TITLES = (
    "<!channel> <!here> <@U012AB3CD> <#C024BE91L|general> <!subteam^S0123> all hands",
    "<https://evil.example|https://bank.example> &lt;!here&gt; *bold* _it_ ~no~ `code` :bomb:",
    "\u202egnp.exe\u202c and a NUL \x00 and \u2066isolates\u2069 and a bell \x07\x1b[31mred",
    "First line\r\nBcc: everyone@example.org\u2028Second line\u2029third\x85fourth\x0bfifth\x1csixth",
    "حديث عن الرهائن في الدوحة <script>alert(1)</script>",
    "人質交渉がドーハで再開され、仲介者は慎重ながらも楽観的な見方を示した" * 6,
    "Family \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 waits \U0001f1e9\U0001f1ea " * 20,
    "'\"><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} ${jndi} .",
)
HOSTILE_URLS = (
    "https://news.example/a?x=1&y=<script>|2",
    "javascript:alert(1)",
    "data:text/html,<b>hi</b>",
    "https://bank.example@evil.example/pay now",
    "http://news.example/\u202egnp.exe?q=\u2028&b=\x00",
    "https://news.example/人質/交渉",
    "ftp://files.example/x",
    "https://news.example/" + "a" * 2900,
)


def a_story(number: int = 1, **changes: object) -> DigestStory:
    """Story `number` of a quiet day; `title`, `url` and `outlet` change its lead, anything else the story."""
    title = str(changes.pop("title", f"Mediators say talks number {number} to free the captives resume in Port Amber"))
    lead = Article(
        id=ArticleId(number * 10),
        title=title,
        text="",
        url=str(changes.pop("url", f"https://gulfwire.example/world/{number}")),
        feed="Gulf Wire",
        source=str(changes.pop("outlet", "")),
        published_at=START + timedelta(minutes=number % 50),
    )
    snippet = (
        f"Envoys met for hour {number} in Port Amber, where talks on the hostages resumed after a week of silence."
    )
    at = snippet.index("hostages")
    story = DigestStory(
        story_id=StoryId(number),
        lead=lead,
        marks=(Mark.BREAKING,) if number == 1 else (),
        publisher_count=30,
        independent_count=4,
        article_count=31,
        snippet=snippet,
        highlights=((at, at + len("hostages")), (snippet.index("talks"), snippet.index("talks") + 5)),
        title_highlights=(),
        why=("hostages", "talks"),
        others=(
            ("Harbour Post", f"https://harbourpost.example/{number}"),
            ("Delta Echo", f"https://delta.example/{number}"),
        ),
        others_more=11,
        score=87,
    )
    return replace(story, **changes)  # the tests name real fields


def a_digest(shown: int = 3, overflow: int = 0, **changes: object) -> Digest:
    """A digest of `shown` stories and `overflow` more."""
    digest = Digest(
        topic=TopicKey("hostage-negotiations"),
        topic_name="Hostage negotiations",
        slot="2026-03-14T08:00 Europe/Berlin",
        kind=DigestKind.SCHEDULED,
        timezone="Europe/Berlin",
        window_start=START,
        window_end=END,
        stories=tuple(a_story(number) for number in range(1, shown + 1)),
        overflow=tuple(a_story(number) for number in range(shown + 1, shown + overflow + 1)),
        feed_count=41,
        troubles=(FeedTrouble("Delta Echo", "timeout", START - timedelta(hours=2)),),
        next_at=END + timedelta(days=1),
    )
    return replace(digest, **changes)  # the tests name real fields


def a_hostile_digest() -> Digest:
    """Every trick we know of, in titles, addresses, outlets, snippets, terms and feed names."""
    stories = []
    for number, (title, url) in enumerate(zip(HOSTILE_TITLES, HOSTILE_URLS, strict=True), 1):
        stories.append(
            a_story(
                number,
                title=title,
                url=url,
                outlet=title[:40],
                snippet=title[:240],
                highlights=((3, 9), (5, 12), (-4, 2), (200, 9000), (7, 7)),
                why=(title, "<!here>", "`"),
                others=((title, url), ("<@U0>", "javascript:alert(2)")),
            )
        )
    trouble = FeedTrouble("<!everyone>\r\nBcc: x@example.org", "\x1b[2J<@U1>", START)
    headlines = tuple(Headline(title, title, url) for title, url in zip(HOSTILE_TITLES, HOSTILE_URLS, strict=True))
    stories[0] = replace(stories[0], headlines=headlines)
    return replace(
        a_digest(),
        stories=tuple(stories[:5]),
        overflow=tuple(stories[5:]),
        troubles=(trouble,) * 9,
        **beside(HOSTILE_TITLES, HOSTILE_URLS),
    )


def a_huge_digest() -> Digest:
    """Two hundred stories with long titles and addresses."""
    stories = [
        a_story(
            number,
            title=f"Story {number} " + "of a very long day " * 12,
            url=f"https://long.example/{number}/" + "path/" * 60,
            snippet='\\"talks" ' * 26,
        )
        for number in range(1, 201)
    ]
    return replace(a_digest(), stories=tuple(stories[:10]), overflow=tuple(stories[10:]))


def an_article(number: int, title: str, url: str, outlet: str = "Harbour Post") -> Article:
    """An article that stands in a line."""
    return Article(ArticleId(9_000 + number), title, "", url=url, source=outlet)


def beside(titles: Sequence[str], urls: Sequence[str], *, more: int = 7) -> dict[str, Any]:
    """Ten lines on what was told before and twenty of the daily appendix, of these titles and addresses."""
    articles = [
        an_article(
            number, f"{titles[number % len(titles)]}", urls[number % len(urls)], titles[number % len(titles)][:60]
        )
        for number in range(20)
    ]
    return {
        "follow_ups": tuple(
            FollowUp(StoryId(n % 3), titles[n % 3 % len(titles)], one) for n, one in enumerate(articles[:10])
        ),
        "follow_ups_more": more,
        "folded": tuple(
            Folded(one, n % 2 == 0, titles[n % 3 % len(titles)], START if n % 3 else None)
            for n, one in enumerate(articles)
        ),
        "folded_more": more,
    }


def a_digest_with_lines() -> Digest:
    """A digest that says all it can say: lines, other headlines, an appendix."""
    titles = [f"Ferry {number} left the harbour" for number in range(20)]
    urls = [f"https://harbourpost.example/ferry/{number}" for number in range(20)]
    headlines = (Headline("Captives may go home", "Delta Echo", "https://delta.example/h"), Headline("No link", "", ""))
    return a_digest(2, stories=(a_story(1, headlines=headlines), a_story(2)), **beside(titles, urls))


def a_digest_of_huge_lines() -> Digest:
    """Lines alone fill a message: long titles, and addresses as long as any that is linked."""
    titles = [f'{number} & < \\" ' + "of a very long day & " * 12 for number in range(20)]
    urls = [f"https://long.example/{number}?" + "&" * 2_900 for number in range(20)]
    headlines = tuple(Headline(title, title, url) for title, url in zip(titles[:10], urls[:10], strict=True))
    stories = tuple(a_story(number, headlines=headlines) for number in range(1, 11))
    return a_digest(0, stories=stories, **beside(titles, urls))


def an_empty_digest() -> Digest:
    """A heartbeat: no story, two failing feeds."""
    trouble = FeedTrouble("Delta Echo", "timeout", START)
    return a_digest(0, kind=DigestKind.HEARTBEAT, troubles=(trouble, replace(trouble, name="Harbour Post")))


def links_beside(digest: Digest) -> set[str]:
    """The addresses that may be linked beside the stories, and under them as other headlines."""
    articles = [one.article.url for one in digest.follow_ups] + [one.article.url for one in digest.folded]
    headlines = [one.url for story in digest.stories + digest.overflow for one in story.headlines]
    return {link_of(url) for url in articles + headlines} - {""}


def every_digest() -> list[Digest]:
    """One of each kind."""
    lines = [a_digest_with_lines(), a_digest_of_huge_lines(), replace(an_empty_digest(), **beside(["News"], ["x"]))]
    return [a_digest(), a_digest(8, 40), a_hostile_digest(), a_huge_digest(), an_empty_digest(), *lines]


def a_delivery(payload: str, *, part: int = 1, key: str = KEY, **changes: object) -> Delivery:
    """A leased delivery that carries the payload."""
    now = datetime.now(UTC)
    delivery = Delivery(
        id=DeliveryId(8812),
        digest_id=DigestId(7),
        channel=ChannelName("desk"),
        key=f"{key}-{part}",
        part=part,
        payload=payload,
        state=DeliveryState.LEASED,
        attempt=1,
        created_at=now,
        next_attempt_at=now,
        first_attempt_at=now,
    )
    return replace(delivery, **changes)  # the tests name real fields


DAY = (
    (
        "Mediators say hostage talks resume in Port Amber after a week of silence",
        "Gulf Wire",
        "Envoys of both councils met at the old customs house on Saturday, where talks on the hostages resumed.",
    ),
    (
        "Families of the captives march to the harbour, asking for a date",
        "Harbour Post",
        "Some 400 people walked to the quay; the talks, they said, must end before the winter storms.",
    ),
    (
        "Delta council offers its airport for an exchange, say two envoys",
        "Delta Echo",
        "Two envoys close to the talks said that the runway would be kept free for three days.",
    ),
    (
        "What the first list of names leaves open",
        "The Amber Review",
        "Nineteen of the hostages are named; of seven others neither side has said anything since March.",
    ),
)


def a_day_of_news(**changes: object) -> Digest:
    """A digest as a reader gets it on a full day: marks, hits in a title, other topics, other headlines, a rush."""
    marks = ((Mark.BREAKING,), (Mark.UPDATE,), (), (Mark.LATE,))
    headline = Headline("Captives may be home by Sunday", "Delta Echo", "https://deltaecho.example/9")
    stories = []
    for number, (title, outlet, snippet) in enumerate(DAY, 1):
        at = title.find("hostage")
        spans = [(snippet.find(term), snippet.find(term) + len(term)) for term in ("talks", "hostages")]
        stories.append(
            a_story(
                number,
                title=title,
                outlet=outlet,
                url=f"https://{outlet.lower().replace(' ', '')}.example/{number}",
                snippet=snippet,
                highlights=tuple(span for span in spans if span[0] >= 0),
                marks=marks[number - 1],
                publisher_count=(30, 12, 5, 1)[number - 1],
                independent_count=(4, 3, 2, 1)[number - 1],
                article_count=(41, 12, 6, 1)[number - 1],
                title_highlights=((at, at + 13),) if at >= 0 else (),
                others=a_story(number).others[: (2, 2, 1, 0)[number - 1]],
                others_more=(11, 3, 0, 0)[number - 1],
                also_topics=("Gulf shipping", "Elections in the Delta") if number == 1 else (),
                headlines=(headline,) if number == 2 else (),
            )
        )
    volume = Volume(count=59, usual=18, buckets=(12, 20, 16, 18, 22, 31, 40, 59), is_burst=True)
    article = an_article(0, "Pilots refuse the night passage", "https://harbourpost.example/pilots")
    told = (FollowUp(StoryId(90), "Port Amber closes its outer harbour", article),)
    digest = a_digest(0, 12, stories=tuple(stories), volume=volume, follow_ups=told)
    return replace(digest, **changes)  # the tests name real fields
