"""Which articles are the same, and which tell of one event.

Effects: none.
"""
