"""Watch news feeds for topics and tell each story once.

Read `monitor.model` first: it is the glossary in code. `ARCHITECTURE.md` has the map.

Effects: none.
"""

__version__ = "0.1.0"
