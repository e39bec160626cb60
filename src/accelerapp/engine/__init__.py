"""Time's door: jobs that run by themselves."""
