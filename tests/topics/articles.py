"""Articles and topics of our own writing, for the tests of matching."""

from monitor.model import Article, ArticleId, Level, Schedule, Topic, TopicKey, Watchlist
from monitor.topics.match import CompiledWatchlist, compile_watchlist

SCHEDULE = Schedule("UTC", now=True)

LONG_TALKS = """The families waited another night outside the ministry, holding candles and photographs.
Officials from three countries met in a hotel near the airport to prepare a second round of hostage talks. The host
said that the stalled negotiations could still bring home everyone who was taken in the spring, if both sides stopped
setting deadlines they did not mean.
A diplomat who has seen the draft described two steps. First comes the release of individuals held captive in the
north, most of them old or ill. Later, after an exchange of lists, the remaining hostages would cross the border in
groups of ten. A doctor would travel with each group, and observers would count heads on both shores of the river.
Not everyone is convinced. Two former ministers called the plan naive and said that only pressure had ever worked. The
parents of one hostage answered that pressure had brought three funerals. They asked the prime minister to send his
best people back to the table and to keep the cameras away from them.
Relatives will meet the envoy again on Thursday. He told them the captives had been seen alive this week, that
medicine had reached at least some of the hostages, and that he would not leave the city while the talks went on.
In the markets the mood is weary. Shopkeepers close early, soldiers check the buses, and the radio repeats the same
statement every half hour. Nobody here expects a signature before the holiday, though many have begun to sweep the
rooms of those who are away."""
"""Long, about talks for hostages, and never with the two words of the topic's name side by side."""


def article(title: str = "", text: str = "", **known: str) -> Article:
    """An article with a title, a text and, by name, its url, source, feed, language or author."""
    tags = tuple(tag for tag in known.pop("tags", "").split("|") if tag)
    return Article(ArticleId(1), title, text, tags=tags, **known)  # type: ignore[arg-type]  # every one is a str


def topic(
    name: str,
    *,
    query: str | None = None,
    also: tuple[str, ...] = (),
    exclude: str | None = None,
    level: Level = Level.BALANCED,
) -> Topic:
    """A topic whose key is its name."""
    return Topic(TopicKey(name), name, SCHEDULE, (), also, query, exclude, level, place="config/watchlist.toml:7")


def compiled(*topics: Topic, **lists: tuple[str, ...]) -> CompiledWatchlist:
    """A watchlist of these topics and lists, ready to judge."""
    return compile_watchlist(Watchlist(topics, lists))
