"""Benches: what the monitor costs, against named baselines measured in the same run."""
