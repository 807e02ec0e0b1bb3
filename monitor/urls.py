"""Make two spellings of one address equal, and say who publishes under an address.

A canonical address is a key: what two links must share to be the same page. It is never the link shown to people. It
is made without asking the network, so it keeps every parameter it does not know.

Effects: none.
"""

import re
from contextlib import suppress
from datetime import date
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

REMEMBERED_CHARS_MAX = 500
"""Of addresses whose host is remembered."""
URL_CHARS_MAX = 8_192
"""A longer address is its own key, untouched: servers refuse addresses from about this length on."""
UNWRAP_MAX = 3
"""Redirectors within redirectors that are looked through."""
CACHE_URLS = 4_096
"""Addresses remembered with their key, about 1 MB: a batch asks for each address several times."""
CACHE_PUBLISHERS = 4_096
"""Hosts remembered with their publisher."""
SHOWN_CHARS_MAX = 500
"""Of an address, in an error."""


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_WEB = re.compile(r"https?://", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = re.compile(
    rf"/(20\d\d)/(\d\d?|{'|'.join(_MONTHS)})/(\d\d?)(?=[/_.-]|$)"
    r"|(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)|(?<!\d)(20\d\d)([01]\d)([0-3]\d)(?!\d)",
    re.IGNORECASE,
)
"""A day as addresses write it."""
_SIMPLE = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)((?:/[A-Za-z0-9._~-]*)*)")
"""Most addresses of articles: nothing to unwrap but what the host tells, nothing to escape, no parameter."""
_FRONT = re.compile(r"(?:(?:amp|mobile|m|www\d*|touch|wap)\.|amp-)(?=.*\.)")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~-]*")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)
_SLASHES = re.compile("/{2,}")
_AMP_END = re.compile(r"(?<=[^/])(?:/amp|/amp\.html|\.amp|/amphtml)$")
_INDEX = re.compile(r"/(?:index|default|home)\.(?:html?|php|aspx?|jsp|cfm)$")
# Four digits in a row (a year, an id) or three words joined by hyphens: such a path names one page by itself.
_IDENTIFIES = re.compile(r"\d{4}|[\w%]-[\w%]+-[\w%]")
_ID = re.compile(r"(?:^|/)(?=[^/]*\d[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_]{8,}(?:/|$)")
"""A part of a path that is an id: eight letters and digits or more, two digits among them, as in c0k5m7y9d7o."""
_LISTING = re.compile(
    r"(?:^|/)(?:(?:category|categories|sections?|tags?|topics?|themen?|temas?)/[^/]+|(?:19|20)\d\d(?:/\d\d?){0,2})$",
    re.IGNORECASE,
)
"""The end of a path that lists articles, however it is named: a tag, a topic, all of a year, a month or a day."""
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?=[/?#]|$)")
_NUMBER_OR_SLUG = re.compile(r"=[^&#]*(?:\d|[\w%]-[\w%]+-[\w%])")

_TRACKING = re.compile(
    r"utm_.*|at_(?:medium|campaign|custom\d*|link_.*|format|ptr_name|bbc_team|creation)|itm_.*|mtm_.*"
    r"|pk_(?:campaign|kwd|source|medium|content)|matomo_.*|stm_.*|hsa_.*|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|wt\..*|taboola_.*|amp_.*"
)
_TRACKING_NAMES = _listed(
    """fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh mc_cid mc_eid mkt_tok
    _hsenc _hsmi hsctatracking vero_id vero_conv oly_enc_id oly_anon_id ncid ocid cmpid ftag smid smtyp sref srnd spm
    scm s_cid s_kwcid ito icid ref_src ref_url reflink reflink_type taid tblci trk trkcampaign wt_mc xtor ssm sr_share
    feedtype feedname guccounter guce_referrer guce_referrer_sig outputtype amp _amp usqp __twitter_impression referrer
    referer campaign_id mbid bxid esrc user_email leadsource seg_id emc partnerid cndid hashed_user tpcc yptr .tsrc
    nocache jsessionid phpsessid"""
)
_GENERIC_NAMES = _listed(
    """cid source from ref sid share shared st sh mod via feature partner cmp rss nl ei te campaign promo sessionid
    ceid"""
)

_GOOGLE = re.compile(r"(?:[a-z0-9-]+\.)*google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_AMP_CACHE_PATH = re.compile(r"/[cv]/(?:s/)?(.+)")
_HANDLES_ON = {
    "l.facebook.com": ("/l.php", ("u",)),
    "lm.facebook.com": ("/l.php", ("u",)),
    "out.reddit.com": ("/", ("url",)),
    "youtube.com": ("/redirect", ("q",)),
    "www.youtube.com": ("/redirect", ("q",)),
    "away.vk.com": ("/away.php", ("to",)),
    "slack-redir.net": ("/link", ("url",)),
    "bing.com": ("/news/apiclick", ("url",)),
    "www.bing.com": ("/news/apiclick", ("url",)),
}
_HANDING_SEGMENTS = frozenset({"redirect", "click", "track", "go", "out"})

_TWO_LEVEL = _listed(
    """ac.uk co.uk gov.uk ltd.uk me.uk net.uk org.uk sch.uk com.au edu.au gov.au net.au org.au co.nz govt.nz net.nz
    org.nz co.za gov.za org.za co.in gov.in net.in org.in ac.jp co.jp go.jp ne.jp or.jp co.kr go.kr or.kr com.br gov.br
    net.br org.br com.ar gob.ar com.mx gob.mx com.co com.pe com.ve com.ec com.uy com.py com.bo com.gt com.cn gov.cn
    net.cn org.cn com.hk gov.hk org.hk com.tw gov.tw org.tw com.sg gov.sg com.my gov.my com.ph gov.ph co.th go.th
    co.id go.id or.id com.vn gov.vn com.pk gov.pk com.bd gov.bd com.np com.lk com.tr gov.tr com.ua gov.ua in.ua
    com.pl gov.pl com.gr com.cy com.mt com.ro co.il gov.il org.il com.sa gov.sa com.eg gov.eg com.kw com.qa com.lb
    com.jo com.om com.bh co.ir com.ng gov.ng com.gh co.ke go.ke or.ke co.tz co.ug co.zw co.zm co.bw com.na com.et
    com.ly com.do com.sv com.hn com.ni com.pa com.cu com.pr com.jm com.tn org.tr net.ua org.ua kiev.ua org.pl net.pl
    co.cr com.ge com.az co.mz co.ao net.id web.id com.bn com.mo com.iq
    com.pt com.es com.fr co.at or.at gv.at co.hu co.rs com.ru com.by com.kz com.mm com.kh com.fj com.pg
    blogspot.com wordpress.com substack.com medium.com tumblr.com github.io"""
)
"""Suffixes under which strangers register, as far as news is found there; the last line is hosts of blogs."""
_SAME_OUTLET = {
    "bbc.co.uk": "bbc.com", "bbci.co.uk": "bbc.com", "guardian.co.uk": "theguardian.com", "dw.de": "dw.com",
    "nyti.ms": "nytimes.com", "wapo.st": "washingtonpost.com", "reut.rs": "reuters.com", "tass.ru": "tass.com",
}  # fmt: skip
"""Outlets that publish under several domains, only those that are sure, with the one they are counted by."""
_PASS_ON = _listed("news.google.com feedproxy.google.com feeds.feedburner.com t.co apple.news bing.com")
"""Hosts that publish nothing themselves: a link to them does not say whose article it is."""


def is_web_url(url: str) -> bool:
    """Whether this is an http or https address with a host."""
    return _WEB.match(url.strip()) is not None and host_of(url) != ""


def host_of(url: str) -> str:
    """The host of an http(s) address in lower case, without port, user or final dot; empty where there is none."""
    return _host_of(url) if len(url) <= REMEMBERED_CHARS_MAX else _host_of.__wrapped__(url)


@lru_cache(maxsize=2_048)
def _host_of(url: str) -> str:
    """Remembered, as one visit to a feed asks four times."""
    split = _split(url.strip())
    return _host_and_port(split.netloc)[0] if split is not None else ""


def publisher_of(url: str, fallback: str) -> str:
    """Who publishes under an address: its registrable domain; `fallback` where the address does not say.

    The registrable domain is the last two labels of the host, or three under one of a short built-in table of suffixes
    such as co.uk and com.au. It is not the whole Public Suffix List: a rare suffix makes two publishers one, and a
    list of 9,000 lines that ages is a high price for that. A few outlets with several domains (bbc.co.uk,
    bbc.com) count as one. An aggregator's own address does not say who published.
    """
    plain = _SIMPLE.fullmatch(url)
    if plain is not None and len(url) <= URL_CHARS_MAX and not _may_lead_on(plain[1]):
        return _publisher_at(_canonical_host(plain[1]), fallback)
    key = canonical_url(url)
    simple = _HOST.match(key) if _WEB.match(url) else None
    host = simple[0] if simple else _host_of_key(key, url)
    return _publisher_at(host, fallback) if host else fallback


def _host_of_key(key: str, url: str) -> str:
    return host_of(f"https://{key}") if is_web_url(url) else ""


@lru_cache(maxsize=CACHE_PUBLISHERS)
def _publisher_at(host: str, fallback: str) -> str:
    if host in _PASS_ON and fallback:
        return fallback
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return host
    domain = ".".join(labels[-3:] if ".".join(labels[-2:]) in _TWO_LEVEL else labels[-2:])
    return _SAME_OUTLET.get(domain, domain)


def day_in(url: str) -> date | None:
    """The day that an address names, as most news sites' do: /2026/03/14/, /2026/mar/14/, 2026-03-14, /20260314."""
    for found in _DAYS.finditer(url[:URL_CHARS_MAX]):
        year, month, day = (part for part in found.groups() if part is not None)
        number = int(month) if month.isdecimal() else _MONTHS.index(month.lower()) + 1
        with suppress(ValueError):
            return date(int(year), number, int(day))
    return None


def is_front_page(key: str) -> bool:
    """Whether a canonical address is a bare host: a site's front page, which names no article."""
    return not any(mark in key for mark in "/?#")


@lru_cache(maxsize=CACHE_URLS)
def names_one_page(key: str) -> bool:
    """Whether a canonical address names one page by itself: by a year, an id or a slug in it, or a numbered parameter.

    A section (`example.org/news`, `example.org/?lang=en`, `example.org/tag/world-cup-2026`) does not, though many
    entries may link to it.
    """
    place, _, query = key.partition("?")
    path = place.partition("/")[2]
    is_named = _IDENTIFIES.search(path) or _ID.search(path)
    return bool((is_named and not _LISTING.search(path)) or _NUMBER_OR_SLUG.search(query))


@lru_cache(maxsize=CACHE_URLS)
def canonical_url(url: str) -> str:
    """The key two links share when they lead to the same page.

    Redirectors are unwrapped, the scheme, `www.` and mobile hosts, tracking parameters, AMP endings and fragments go;
    unknown parameters and the case of the path stay. What is not an http(s) address comes back trimmed and otherwise as
    it is. Never raises; the key of a key is the key itself.
    """
    simple = _SIMPLE.fullmatch(url)
    if simple is not None and len(url) <= URL_CHARS_MAX and not _may_lead_on(simple.group(1)):
        return f"{_canonical_host(simple.group(1))}{_canonical_path(simple.group(2))}"
    text = url.strip()
    split = _split(text)
    for _ in range(UNWRAP_MAX):
        target = _target_of(split) if split is not None else None
        if target is None:
            break
        text, split = target.strip(), _split(target.strip())
    if split is None:
        return text
    host, port = _host_and_port(split.netloc)
    if not host:
        return text
    path = _canonical_path(split.path)
    query = _canonical_query(split.query, is_identified=_IDENTIFIES.search(path) is not None)
    fragment = f"#{split.fragment}" if split.fragment[:1] in {"!", "/"} else ""
    return f"{_canonical_host(host)}{port}{path}{query}{fragment}".strip()


def _split(text: str) -> SplitResult | None:
    if len(text) > URL_CHARS_MAX or not _WEB.match(text):
        return None
    try:
        return urlsplit(text)
    except ValueError:  # brackets that never close, characters that pose as slashes
        return None


def _host_and_port(netloc: str) -> tuple[str, str]:
    """The host in lower case and `:port`, empty for the usual ones. A port that is no number stays as it is written."""
    place = netloc.rpartition("@")[2]
    if place.startswith("["):
        host, _, rest = place.partition("]")
        host, port = f"{host}]", rest.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    host = host.lower().rstrip(".")
    if not host.isascii():
        with suppress(UnicodeError):  # not a name that could be resolved; as a key it serves all the same
            host = host.encode("idna").decode("ascii")
    return host, "" if port in {"", "80", "443"} else f":{port}"


def _canonical_host(host: str) -> str:
    while (found := _FRONT.match(host)) is not None:
        host = host[found.end() :]
    return "cnn.com" if host == "edition.cnn.com" else host


def _normal_escapes(text: str, safe: str) -> str:
    """One spelling of each character: letters, digits and `-._~` plain, everything else that is escaped in capitals."""
    escaped = quote(text, safe=safe, errors="replace")
    if "%" not in escaped:
        return escaped

    def normal(found: re.Match[str]) -> str:
        char = chr(int(found.group(1), 16))
        return char if char in _UNRESERVED else found.group().upper()

    return _ESCAPE.sub(normal, escaped)


def _canonical_path(path: str) -> str:
    if not _PLAIN_PATH.fullmatch(path):
        path = _normal_escapes(_SESSION.sub("", path), "%/:@!$&'()*+,;=~")
    path = _SLASHES.sub("/", path).rstrip("/")
    # The longer ending first: x.amp.html is x.html, not x.
    path = path[:-9] + ".html" if path.endswith(".amp.html") else _AMP_END.sub("", path)
    if path.startswith("/amp/"):
        path = path[4:]
    return _INDEX.sub("", path).rstrip("/")


def _canonical_query(query: str, *, is_identified: bool) -> str:
    kept = []
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        name = unquote(name).lower()
        if not pair or name in _TRACKING_NAMES or _TRACKING.fullmatch(name):
            continue
        if name in _GENERIC_NAMES and (is_identified or not value):
            continue
        if is_identified and not value:
            continue
        kept.append(_normal_escapes(pair, "%/:@!$'()*+,;=?~"))
    return "?" + "&".join(sorted(kept)) if kept else ""


def _may_lead_on(host: str) -> bool:
    """Whether an address without parameters may be a redirector's, by its host."""
    return host.endswith(".cdn.ampproject.org") or ("google." in host and _GOOGLE.fullmatch(host) is not None)


def _target_of(split: SplitResult) -> str | None:
    """The address a redirector leads to, as far as it stands in the redirector's own address."""
    host = _host_and_port(split.netloc)[0]
    path = split.path
    tail = f"?{split.query}" if split.query else ""
    if host.endswith(".cdn.ampproject.org"):
        found = _AMP_CACHE_PATH.fullmatch(path)
        return f"https://{found.group(1)}{tail}" if found else None
    if _GOOGLE.fullmatch(host):
        if path.startswith("/amp/s/"):
            return f"https://{path.removeprefix('/amp/s/')}{tail}"
        return _address_in(split.query, ("url", "q")) if path == "/url" else None
    known = _HANDLES_ON.get(host)
    if known is not None and path.startswith(known[0]):
        return _address_in(split.query, (*known[1], "u", "url", "q", "to"))
    if "url=" not in split.query:
        return None
    # Whole segments only: a page about-us is no redirector.
    segments = {segment.partition(".")[0].lower() for segment in path.split("/")}
    return _address_in(split.query, ("url",)) if segments & _HANDING_SEGMENTS else None


def _address_in(query: str, names: tuple[str, ...]) -> str | None:
    try:
        values = parse_qs(query, max_num_fields=100)
    except ValueError:
        return None
    for name in names:
        for value in values.get(name, ()):
            if _WEB.match(value):
                return value
    return None


def shown_url(url: str) -> str:
    """An address as errors may show it, which are logged and stored.

    Without user, password and query, where private feeds carry their keys; and a page of text is no address.
    """
    plain, mark, _ = re.sub(r"//[^/?#]*@", "//", url).partition("#")[0].partition("?")
    return plain[:SHOWN_CHARS_MAX] + ("?…" if mark else "")
