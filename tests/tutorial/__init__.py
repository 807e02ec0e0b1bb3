"""docs/watchlist.md, gone through as a reader would: every command run, every edit made, every output compared."""
