"""Where digests go.

Effects: none.
"""
