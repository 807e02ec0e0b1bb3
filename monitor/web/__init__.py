"""The status page and the health answer.

Effects: none.
"""
