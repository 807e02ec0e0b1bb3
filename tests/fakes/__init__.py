"""Fakes: real parts in small, never mocks of our own code."""
