"""What is watched, and which articles answer it.

Effects: none.
"""
