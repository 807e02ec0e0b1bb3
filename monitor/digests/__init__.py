"""When a topic is told, which stories, and in what order.

Effects: none.
"""
