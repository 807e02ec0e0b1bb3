"""The database: rows inside, the model outside.

Effects: none.
"""
