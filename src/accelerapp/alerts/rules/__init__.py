"""Rules: what is watched, from when on it is an alert, and what to do then."""
