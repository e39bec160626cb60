"""The running product: one process that serves, runs jobs and stops cleanly."""
