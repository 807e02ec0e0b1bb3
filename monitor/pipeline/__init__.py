"""The order of the steps and their transactions.

Effects: none.
"""
