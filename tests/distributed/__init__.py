"""Several `monitor worker` processes on one PostgreSQL, and what can go wrong: see `python -m tests.distributed`."""
