"""Several `monitor worker` processes on one PostgreSQL, and what goes wrong: `python -m tests.distributed` runs it whole."""
