"""The outbox under SIGKILL before and after everything a sender does: `python -m tests.kill` runs it whole."""
