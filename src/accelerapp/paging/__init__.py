"""Paging: who is called when, until somebody answers."""
