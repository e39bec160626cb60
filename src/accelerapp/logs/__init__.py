"""Logs: where they come from, what their records say, and what to make of them."""
