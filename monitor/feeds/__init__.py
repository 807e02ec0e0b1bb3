"""From a feed's address to its entries.

Effects: none.
"""
