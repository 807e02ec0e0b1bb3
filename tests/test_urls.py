"""Addresses: which are one page, which are not, and who publishes there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.urls import canonical_url, host_of, is_front_page, is_web_url, names_one_page, publisher_of

PAGE = "https://example.org/world/2026/talks-resume-in-doha"

SAME = [
    (PAGE, "http://example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www.example.org/world/2026/talks-resume-in-doha/"),
    (PAGE, "https://m.example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://amp.example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www2.example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://EXAMPLE.org./world/2026/talks-resume-in-doha"),
    (PAGE, "https://example.org:443/world/2026/talks-resume-in-doha"),
    (PAGE, "http://example.org:80/world/2026/talks-resume-in-doha"),
    (PAGE, "https://example.org//world//2026/talks-resume-in-doha"),
    (PAGE, "https://example.org/world/2026/%74alks-resume-in-doha"),
    (PAGE, PAGE + "?utm_source=rss&utm_medium=feed"),
    (PAGE, PAGE + "?fbclid=abc123"),
    (PAGE, PAGE + "?at_medium=RSS&at_campaign=KARANGA"),
    (PAGE, PAGE + "?UTM_Source=x"),
    (PAGE, PAGE + "?source=rss"),
    (PAGE, PAGE + "?ref=home&share=1"),
    (PAGE, PAGE + "?print="),
    (PAGE, PAGE + "#comments"),
    (PAGE, PAGE + "/amp"),
    (PAGE, PAGE + "/amp/"),
    (PAGE, PAGE + ".amp"),
    (PAGE, "https://example.org/amp/world/2026/talks-resume-in-doha"),
    (PAGE, PAGE + "/index.html"),
    (PAGE, PAGE + ";jsessionid=1A2B3C"),
    (PAGE, "https://user:secret@example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www.google.com/url?q=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha&sa=D"),
    (PAGE, "https://www.google.co.uk/url?url=https://example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www.google.com/amp/s/example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://example-org.cdn.ampproject.org/c/s/example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha&h=x"),
    (PAGE, "https://out.reddit.com/t3_x?url=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha"),
    (PAGE, "https://slack-redir.net/link?url=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha"),
    (
        PAGE,
        "https://www.bing.com/news/apiclick.aspx?url=https%3a%2f%2fexample.org%2fworld%2f2026%2ftalks-resume-in-doha",
    ),
    (PAGE, "https://news.example.com/click?url=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha"),
    ("https://example.org/x.html", "https://example.org/x.amp.html"),
    ("https://cnn.com/a", "https://edition.cnn.com/a"),
    ("https://example.org/s?a=1&b=2", "https://example.org/s?b=2&a=1"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://example.org/caf%C3%A9", "https://example.org/café"),
    ("https://example.org/caf%c3%a9", "https://example.org/caf%C3%A9"),
    ("https://example.org", "https://example.org/"),
    (PAGE, PAGE + "/amp.html"),
    (PAGE, PAGE + "/amphtml"),
    (PAGE, PAGE + "/default.aspx"),
    (PAGE, PAGE + "/home.jsp"),
    (PAGE, PAGE + "?utm_source=rss#Echobox=1"),
    (PAGE, "https://www.m.example.org/world/2026/talks-resume-in-doha"),
    ("https://example.org/a?id=7", "https://example.org/a?fbclid=x&id=7&utm_medium=y"),
    ("https://example.org/a?id=7", "https://example.org/a?id=7&"),
]
APART = [
    ("https://example.org/?p=17", "https://example.org/?p=18"),
    ("https://example.org/news?id=7", "https://example.org/news?id=8"),
    ("https://example.org/Story", "https://example.org/story"),
    ("https://example.org/#!a", "https://example.org/#!b"),
    ("https://example.org/app#/a", "https://example.org/app#/b"),
    ("https://example.org/list?source=rss", "https://example.org/list?source=mail"),
    ("https://example.org/page?from=2", "https://example.org/page?from=3"),
    ("https://news.example.org/a", "https://sport.example.org/a"),
    ("https://example.org/a", "https://example.com/a"),
    ("https://example.org:8080/a", "https://example.org/a"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://example.org/a", "https://example.org/a/b"),
    ("https://example.org/story-1-part-2", "https://example.org/story-1-part-3"),
    ("https://example.org/about-us?url=https://one.example/", "https://one.example/"),
    ("https://example.org/without?url=https://one.example/", "https://one.example/"),
    ("https://example.org/a/amphibians", "https://example.org/a"),
    ("https://example.org/amp", "https://example.org/"),
    ("https://m.tv/a", "https://tv/a"),
    ("tag:example.org,2026:1", "tag:example.org,2026:2"),
    ("urn:uuid:A", "urn:uuid:a"),
    ("https://news.google.com/rss/articles/AAA", "https://news.google.com/rss/articles/BBB"),
    ("https://example.org/a?page=1", "https://example.org/a?page=2"),
    ("https://example.org/a", "https://example.org/b"),
    ("https://example.org/2026/03/14/", "https://example.org/2026/03/15/"),
    ("https://example.org/story-of-a-town-1", "https://example.org/story-of-a-town-2"),
    ("https://example.org/watch?v=aB1", "https://example.org/watch?v=Ab1"),
    ("https://example.org/index.php?id=1", "https://example.org/index.php?id=2"),
    ("https://example.org/?lang=en", "https://example.org/?lang=de"),
    ("https://example.co.uk/a", "https://example.com/a"),
    ("https://example.org/a?utm_source=x&id=1", "https://example.org/a?utm_source=x&id=2"),
]


SHORT = "https://example.org/news"
"""A path that identifies nothing."""
ALWAYS_NOISE = """
    utm_source utm_anything at_medium at_campaign at_custom1 at_custom24 at_link_id at_link_origin at_format
    at_ptr_name at_bbc_team at_creation itm_source mtm_campaign pk_campaign pk_kwd pk_source pk_medium pk_content
    matomo_source stm_x hsa_acc fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid
    igsh mc_cid mc_eid mkt_tok _hsenc _hsmi hsctatracking hsCtaTracking vero_id vero_conv oly_enc_id oly_anon_id
    ncid ocid cmpid ftag smid smtyp sref srnd spm scm s_cid s_kwcid ito icid ns_mchannel ns_source ns_campaign
    ns_linkname ns_fee ref_src ref_url reflink reflink_type taid tblci trk trkCampaign wt.mc_id wt.x wt_mc xtor ssm
    sr_share feedType feedName guccounter guce_referrer guce_referrer_sig taboola_campaign outputType amp amp_js_v
    _amp usqp __twitter_impression referrer referer campaign_id mbid bxid esrc user_email leadSource seg_id emc
    partnerid CNDID hashed_user tpcc yptr .tsrc nocache jsessionid PHPSESSID
"""
OFTEN_NOISE = """
    cid source from ref sid share shared st sh mod via feature partner cmp rss nl ei te campaign promo sessionid
    ceid
"""
NEVER_NOISE = """
    id p page story article newsid lang language v q query s search category section tag date edition utm at_time
    ns_page pk_page attention reference author type format print output view amplitude city
"""


@pytest.mark.parametrize("name", ALWAYS_NOISE.split())
@pytest.mark.parametrize("page", [PAGE, SHORT, f"{SHORT}?id=7"])
def test_tracking_goes_everywhere(page: str, name: str) -> None:
    """What only says where a reader came from is no part of an address, in whatever letters and wherever it stands."""
    mark = "&" if "?" in page else "?"
    assert canonical_url(f"{page}{mark}{name}=x1") == canonical_url(page)
    assert canonical_url(f"{page}{mark}{name.upper()}=x1&{name}=") == canonical_url(page)
    assert canonical_url(page.replace("?", f"?{name}=x1&")) == canonical_url(page)


@pytest.mark.parametrize("name", OFTEN_NOISE.split())
def test_generic_names_go_where_the_path_identifies(name: str) -> None:
    """A short name that may also choose what is shown goes only where the path names the page, or when empty."""
    assert canonical_url(f"{PAGE}?{name}=x1") == canonical_url(PAGE)
    assert canonical_url(f"{SHORT}?{name}=") == canonical_url(SHORT)
    assert canonical_url(f"{SHORT}?{name}=x1") != canonical_url(SHORT)
    assert canonical_url(f"{SHORT}?{name}=x1") != canonical_url(f"{SHORT}?{name}=x2")


@pytest.mark.parametrize("name", NEVER_NOISE.split())
@pytest.mark.parametrize("page", [PAGE, SHORT])
def test_unknown_parameters_stay(page: str, name: str) -> None:
    """What is not known to be noise tells two pages apart, also where the path seems to name one by itself."""
    assert canonical_url(f"{page}?{name}=1") != canonical_url(f"{page}?{name}=2")
    assert canonical_url(f"{page}?{name}=1") != canonical_url(page)


@pytest.mark.parametrize("front", ["amp.", "mobile.", "m.", "www.", "www2.", "www12.", "touch.", "wap.", "amp-"])
def test_fronts_of_hosts_go(front: str) -> None:
    """A host's variant for telephones is the same host, in whatever order the fronts stand; a domain is never cut."""
    rest = PAGE.removeprefix("https://")
    assert canonical_url(f"https://{front}{rest}") == canonical_url(PAGE)
    assert canonical_url(f"http://www.{front}{rest}") == canonical_url(PAGE)
    assert canonical_url(f"https://{front}example/a") != canonical_url("https://example/a")
    assert canonical_url(f"https://x{front}{rest}") != canonical_url(PAGE)


ESCAPED = "https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha%3Futm_source%3Dx"


@pytest.mark.parametrize(
    "redirector",
    [
        f"https://www.google.{tld}/url?{name}={ESCAPED}"
        for tld in ("com", "de", "co.uk", "com.au")
        for name in ("q", "url")
    ]
    + [f"https://{host}/l.php?u={ESCAPED}&h=AT0" for host in ("l.facebook.com", "lm.facebook.com")]
    + [f"https://out.reddit.com/t3_abc?url={ESCAPED}&token=t", f"https://www.youtube.com/redirect?event=x&q={ESCAPED}"]
    + [f"https://away.vk.com/away.php?to={ESCAPED}", f"https://slack-redir.net/link?url={ESCAPED}"]
    + [f"https://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url={ESCAPED}&c=1&mkt=en-us"]
    + [
        f"https://mail.example.com/{word}?url={ESCAPED}"
        for word in ("redirect", "click", "track", "go", "out", "Go.php")
    ]
    + [
        f"https://mail.example.com/a/{word}/b?id=7&url={ESCAPED}"
        for word in ("redirect", "click", "track", "go", "out")
    ]
    + [
        f"https://example-org.cdn.ampproject.org/{kind}/{PAGE.removeprefix('https://')}"
        for kind in ("c/s", "v/s", "c", "v")
    ]
    + [f"https://www.google.{tld}/amp/s/{PAGE.removeprefix('https://')}" for tld in ("com", "fr")],
)
def test_redirectors_are_unwrapped(redirector: str) -> None:
    """A redirector that carries its target in its own address is that target, its tracking gone too."""
    assert canonical_url(redirector) == canonical_url(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "https://www.google.com/search?q=" + ESCAPED,
        "https://notgoogle.com/url?q=" + ESCAPED,
        "https://google.evil.example.com/url?q=" + ESCAPED,
        "https://mail.example.com/about-us?url=" + ESCAPED,
        "https://mail.example.com/going/outline?url=" + ESCAPED,
        "https://mail.example.com/go?url=talks-resume-in-doha",
        "https://mail.example.com/go?url=javascript:alert(1)",
        "https://mail.example.com/go?to=" + ESCAPED,
        "https://l.facebook.com/other?u=" + ESCAPED,
        "https://www.youtube.com/watch?v=1&q=" + ESCAPED,
        "https://ampproject.org/c/s/" + PAGE.removeprefix("https://"),
    ],
)
def test_what_only_looks_like_a_redirector_is_not_unwrapped(other: str) -> None:
    """Whole hosts and whole path segments are compared, and a target is an address of the web."""
    assert canonical_url(other) != canonical_url(PAGE)
    assert canonical_url(other).startswith(other.removeprefix("https://").removeprefix("www.").partition("?")[0])


def test_the_tables_are_as_long_as_the_note_asks() -> None:
    """At least 40 pairs that must meet and 26 that must not."""
    assert len(SAME) >= 40
    assert len(APART) >= 26


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_page_meet(one: str, other: str) -> None:
    """A page that another feed links in its own spelling is the same page."""
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_pages_stay_apart(one: str, other: str) -> None:
    """A merged address silences an article for good, so what is not known to be noise stays."""
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "odd",
    ["", "   ", "http://", "http://[::1", "http://example.org:port/a", "http://example.org:99999/", "http://./x",
     "//a/b", "http://\ud800.example/", "https://%zz/%", "http://a/?%ff=%", "mailto:a@example.org", "http://℀.example/",
     "http://" + "a" * 20_000],
)  # fmt: skip
def test_odd_addresses_have_a_key(odd: str) -> None:
    """Whatever a feed calls a link has a key, and its key is its own key."""
    key = canonical_url(odd)
    assert canonical_url(key) == key


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="htps:/.?&=#%a1-wm@[]", max_size=40).map(lambda rest: f"http://{rest}"))
def test_a_key_is_its_own_key(url: str) -> None:
    """Stored keys can be compared with fresh ones, whatever came in; nothing raises."""
    key = canonical_url(url)
    assert canonical_url(key) == key
    assert host_of(url) == host_of(url).lower()


def test_an_endless_row_of_redirectors_ends() -> None:
    """Redirectors are looked through three deep and no deeper."""
    deep = "https://example.org/a"
    for _ in range(6):
        deep = "https://go.example.com/redirect?url=" + deep.replace("?", "%3F").replace("&", "%26").replace("=", "%3D")
    assert canonical_url(deep).startswith("go.example.com/redirect")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User@News.Example.org:8443/a", "news.example.org"),
        ("http://[::1]:80/a", "[::1]"),
        ("ftp://example.org/a", ""),
        ("example.org/a", ""),
        ("http://[broken", ""),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    """The host is what politeness and health are counted by; what has none gives an empty one."""
    assert host_of(url) == host
    assert is_web_url(url) is (host != "")


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.com"),
        ("https://feeds.example.com.au/a", "example.com.au"),
        ("https://edition.example.com/a", "example.com"),
        ("https://world.example.org/a", "example.org"),
        ("https://anna.substack.com/p/a", "anna.substack.com"),
        ("https://www.google.com/url?q=https://paper.example.org/a", "example.org"),
        ("https://news.google.com/rss/articles/AAA", "The Outlet"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://[2001:db8::1]/a", "[2001:db8::1]"),
        ("", "The Outlet"),
        ("urn:uuid:1", "The Outlet"),
    ],
)
def test_the_publisher_of_an_address(url: str, publisher: str) -> None:
    """Publishers are counted by registrable domain, and by the outlet's name where the link does not say."""
    assert publisher_of(url, "The Outlet") == publisher


def test_what_names_a_page() -> None:
    """A front page and a section name no article; a slug, a number or a numbered parameter does."""
    assert is_front_page(canonical_url("https://www.example.org/#top"))
    assert not is_front_page(canonical_url("https://www.example.org/?p=1"))
    assert names_one_page(canonical_url(PAGE))
    assert names_one_page(canonical_url("https://example.org/?p=1"))
    assert names_one_page(canonical_url("https://example.org/?story=talks-in-doha"))
    assert names_one_page(canonical_url("https://example.org/news/articles/c0k5m7y9d7o"))
    assert not names_one_page(canonical_url("https://example.org/news/section2/world1"))
    assert not names_one_page(canonical_url("https://example.org/tag/world-cup-2026"))
    assert not names_one_page(canonical_url("https://example.org/category/artificial-intelligence-and-tech/"))
    assert not names_one_page(canonical_url("https://example.org/news/2026/03/14"))
    assert names_one_page(canonical_url("https://example.org/news/2026/03/14/talks"))
    assert names_one_page(canonical_url("https://example.org/tag/football/talks-in-doha-2026"))
    assert not names_one_page(canonical_url("https://example.org/news"))
    assert not names_one_page(canonical_url("https://example.org/?lang=en"))


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.bbc.co.uk/news/a-1", "bbc.com"),
        ("https://www.bbc.com/news/a-1", "bbc.com"),
        ("https://feeds.bbci.co.uk/news/rss.xml", "bbc.com"),
        ("https://www.guardian.co.uk/a-1", "theguardian.com"),
        ("https://www.dw.de/a-1", "dw.com"),
        ("https://notbbc.com/a-1", "notbbc.com"),
        ("https://news.example.com.do/a-1", "example.com.do"),
        ("https://news.example.kiev.ua/a-1", "example.kiev.ua"),
    ],
)
def test_an_outlet_with_several_domains_is_one_publisher(url: str, publisher: str) -> None:
    """Only outlets that are surely one; and strangers under one suffix are never one."""
    assert publisher_of(url, "") == publisher
