"""Where a site's feeds are by its address alone: how people type addresses, well-known sites, the usual places.

Everything here is a guess that costs a request to confirm; only rules that sites document or keep for years are kept.

Effects: none.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urljoin, urlsplit

URL_CHARS_MAX = 2_000
"""Longer addresses are not taken: feeds.toml refuses them too, and so do many servers."""
USUAL_PLACES = (
    "atom.xml",
    "feed.atom",
    "feed.xml",
    "feed/",
    "index.rss",
    "index.xml",
    "rss.xml",
    "rss/",
    "rss/feed.xml",
)
"""Tried in this order in a folder."""
QUERY_FIELDS_MAX = 50

_UNSEEN = re.compile(r"[\t\n\r]")
_TO_ESCAPE = re.compile(r'[^\x21-\x7e]|[<>"]')
_IN_NO_HOST = re.compile(r'[\s\x00-\x20\x7f<>"\\@]')
_FEED_SCHEME = re.compile(r"feed:(?://)?(https?:(?://)?|)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_COMMENTS = re.compile(
    r"^comments (?:on|for)\b|\bcomments? feed\b|» comments\b|\bkommentar-?feed\b|^kommentare (?:zu|für)\b"
    r"|\bflux des commentaires\b|^commentaires (?:sur|pour)\b|\bfeed de (?:los )?coment[aá]rios\b"
    r"|^coment[aá]rios (?:en|em|sobre)\b|\bfeed dei commenti\b",
    re.IGNORECASE,
)

Rule = Callable[[SplitResult, list[str]], tuple[str, ...]]


def typed_addresses(text: str) -> tuple[str, ...]:
    """What an address typed by a person may mean, the likeliest first: without a scheme https, then http.

    `feed:` before an address is what old readers were started with, and says nothing.
    """
    text = text.strip()
    if found := _FEED_SCHEME.match(text):
        text = found.group(1) + text[found.end() :]
    if "://" in text.partition("?")[0] or _SCHEME.match(text):
        return (text,)
    text = text.lstrip("/")
    return (f"https://{text}", f"http://{text}")


def web_address(text: str, base: str = "") -> str:
    """A link found in a page at `base`, whole, as it can be asked for and written down; empty for what must not be.

    What must not be: another scheme than http and https, a user name or password, no host, endless length.
    """
    text = _UNSEEN.sub("", text.strip())
    if not text or len(text) > URL_CHARS_MAX:
        return ""
    if found := _FEED_SCHEME.match(text):
        text = (found.group(1) or "http://") + text[found.end() :]
    try:
        parts = urlsplit(urljoin(base, text))
        is_wanted = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if not is_wanted:
            return ""
        tail = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        tail = _TO_ESCAPE.sub(lambda found: quote(found.group()), tail)
    except ValueError:  # brackets that never close, ports that are none, half a surrogate pair
        return ""
    url = f"{parts.scheme}://{parts.netloc}{tail}"
    return "" if len(url) > URL_CHARS_MAX or _IN_NO_HOST.search(parts.netloc) else url


def is_comments_feed(url: str, title: str) -> bool:
    """Whether a feed holds what readers say under articles, by its address and title."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    return "/comments/" in f"{path}/" or _COMMENTS.search(title.strip()) is not None


def usual_addresses(url: str) -> tuple[str, ...]:
    """Where a page's site usually has its feed, likeliest first: beside the page, then at the root.

    A path of one word without a dot, `/blog`, is a section and stands for the folder of that name.
    """
    path = urlsplit(url).path
    section = [f"{path}/"] if re.fullmatch(r"/[^/.]+", path) else []
    folders = dict.fromkeys(urljoin(url, folder) for folder in (*section, ".", "/"))
    return tuple(folder + place for folder in folders for place in USUAL_PLACES)


def known_feeds(url: str) -> tuple[str, ...]:
    """The feeds of a page of a well-known site, best first; none for any other page."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ()
    if parts.scheme not in ("http", "https"):
        return ()
    segments = [segment for segment in parts.path.split("/") if segment]
    rule = _RULES.get(host)
    if rule is None:
        name, _, site = host.partition(".")
        return (f"https://{host}{_OF_NAMES[site]}",) if name and site in _OF_NAMES else ()
    return tuple(filter(None, map(web_address, rule(parts, segments))))


def _query(parts: SplitResult, name: str) -> str:
    try:
        return parse_qs(parts.query, max_num_fields=QUERY_FIELDS_MAX).get(name, [""])[0]
    except ValueError:
        return ""


def _youtube(parts: SplitResult, segments: list[str]) -> tuple[str, ...]:
    """A channel by its id or old user name, a playlist. The id of an @handle stands in its page alone."""
    place = "https://www.youtube.com/feeds/videos.xml?"
    if segments[:1] == ["channel"] and len(segments) > 1:
        return (place + urlencode({"channel_id": segments[1]}),)
    if segments[:1] == ["user"] and len(segments) > 1:
        return (place + urlencode({"user": segments[1]}),)
    if segments in (["playlist"], ["watch"]) and (playlist := _query(parts, "list")):
        return (place + urlencode({"playlist_id": playlist}),)
    return ()


_GITHUB_PAGES = re.compile(
    "about|apps|collections|contact|customer-stories|enterprise|events|explore|features|issues|join|login|marketplace"
    "|new|notifications|organizations|orgs|pricing|pulls|search|security|settings|site|sponsors|stars|team|topics"
    r"|trending|.*\.atom"
)
"""Names that are no user's."""


def _github(_: SplitResult, segments: list[str]) -> tuple[str, ...]:
    if not segments or _GITHUB_PAGES.fullmatch(segments[0]):
        return ()
    if len(segments) == 1:
        return (f"https://github.com/{segments[0]}.atom",)
    place = f"https://github.com/{segments[0]}/{segments[1].removesuffix('.git')}"
    page, branch = (segments[2] if len(segments) > 2 else ""), "/".join(segments[3:])
    if page in ("releases", "tags"):
        return (f"{place}/{page}.atom",)
    if page in ("commits", "tree"):
        return (f"{place}/commits/{branch}.atom" if branch else f"{place}/commits.atom",)
    return () if page else (f"{place}/releases.atom", f"{place}/commits.atom", f"{place}/tags.atom")


def _reddit(_: SplitResult, segments: list[str]) -> tuple[str, ...]:
    if segments and segments[0] not in ("r", "u", "user"):
        return ()
    path = "/".join(segment for segment in segments if segment != ".rss")
    return (f"https://www.reddit.com/{path}/.rss" if path else "https://www.reddit.com/.rss",)


def _google_news(parts: SplitResult, segments: list[str]) -> tuple[str, ...]:
    if segments[:1] not in ([], ["home"], ["search"], ["topics"], ["headlines"]):
        return ()
    path = "" if segments[:1] == ["home"] else "/".join(segments)
    query = f"?{parts.query}" if parts.query else ""
    return (f"https://news.google.com/rss{'/' + path if path else ''}{query}",)


def _medium(_: SplitResult, segments: list[str]) -> tuple[str, ...]:
    return (f"https://medium.com/feed/{segments[0]}",) if segments and segments[0] not in ("feed", "m", "tag") else ()


def _bluesky(_: SplitResult, segments: list[str]) -> tuple[str, ...]:
    return (f"https://bsky.app/profile/{segments[1]}/rss",) if segments[:1] == ["profile"] and segments[1:] else ()


_RULES: dict[str, Rule] = {
    "youtube.com": _youtube,
    "github.com": _github,
    "reddit.com": _reddit,
    "old.reddit.com": _reddit,
    "news.google.com": _google_news,
    "medium.com": _medium,
    "bsky.app": _bluesky,
}
_OF_NAMES = {
    "substack.com": "/feed",
    "blogspot.com": "/feeds/posts/default",
    "tumblr.com": "/rss",
    "wordpress.com": "/feed/",
}
"""Sites that give everybody a name before theirs, with where the feed is."""
