"""Deliveries: claimed, sent, settled.

Effects: none.
"""
