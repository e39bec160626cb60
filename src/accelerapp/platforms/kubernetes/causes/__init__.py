"""Kinds of causes: one file each, a pure function from a snapshot to the causes it holds."""
