"""One file per command.

Effects: none.
"""
