"""The tests of news-monitor."""
