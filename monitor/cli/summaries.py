"""What each command is for: told without loading any of them.

Effects: none.
"""

COMMANDS = {
    "run": "Poll, match and deliver until SIGTERM; edits of the configuration count while it runs.",
    "worker": 'One of many processes over PostgreSQL, where [run] mode = "distributed"; start as many as you want.',
    "once": "One poll of every feed, then what is due, then stop. Exit 1 when a delivery or every feed failed.",
    "check": (
        "Check all config files; show every fault with its line, or how each topic is read. Exit 0 good, 2 faulty."
    ),
    "plan": "Show by the stored articles what the edited watchlist would change. Exit 2 when the edit is faulty.",
    "replay": (
        "Run a recorded day again under the configuration in --config, and show what would have been told otherwise"
        " than under the one that was in force. Needs raw_days under [retention] in monitor.toml. Nothing is "
        "fetched or sent."
    ),
    "status": "One screen: feeds, topics, deliveries, and what needs a person (exit 1 when something does).",
    "doctor": (
        "Try the configuration, the database, its disk, the clock, the sentence model and every channel; exit 1 "
        "when a part is not well. Nothing is sent without --send-test. Feeds are tried by `monitor feeds test`."
    ),
    "preview": (
        "The digest of a topic as it would be sent for the stored articles; nothing is sent or written down. With "
        "--delivery the text of a digest that was closed, as it was or will be sent; of a mail its headers and "
        "text, or all of it with --as json."
    ),
    "search": (
        "Search the stored articles with a name or a query of the watchlist's language, last seen first. Exit 0 "
        "found, 1 nothing, 2 a faulty query."
    ),
    "explain": (
        "The whole way of one article: polled, stored, grouped, matched, told; why and why not. Exit 1 when it is "
        "unknown, or when a headline may mean several."
    ),
    "export": (
        "Every article that answered a topic, with its evidence, where it was told and how it was marked: one line "
        "each, to standard output."
    ),
    "mark": "Mark articles as useful or not relevant for a topic, which learns from it; show what it learned.",
    "mute": "Hold a story, topic, feed or term back until a time, with a reason; list and lift. Nothing is lost by it.",
    "stories": (
        "The stories: which articles belong together, why, and where each was told; merge two, split one. Exit 1 "
        "for a story that is not there."
    ),
    "watchlist": (
        "Configurations that were in force: list them, see what changed, take one back; what topics nearly found, a"
        " name more, lists of other tools."
    ),
    "feeds": "Feeds and their health; find, try and add some, OPML in and out.",
    "outbox": "What waits to be sent and what failed; try again, or give up.",
    "db": (
        "Bring the schema up, copy the archive while the daemon runs, put a copy in its place, remove what is older"
        " than the retention, see whether all of it holds together."
    ),
    "fetch": "Fetch addresses as the daemon would, refusing what it would. Exit 1 when every one failed.",
    "parse": "The entries of feed files, as the daemon would read them. Exit 1 when not one of the files is a feed.",
    "group": (
        "Put articles into stories, in order of arrival: new, a copy, or another outlet's report. Needs no database."
    ),
    "match": "Tell which topics each article answers, and why. Exit 0, also when none does; 2 for a faulty topic.",
    "demo": "A tour: recorded feeds on loopback, a digest on screen; no network, no token, nothing left behind.",
}
"""Each is a module of this package with EXAMPLE, `add_arguments(parser)` and `run(args) -> int`.

Only the one asked for is loaded: a stage command in a pipe should not wait for a database's library to load.
"""
