"""The three files a person edits.

Effects: none.
"""
