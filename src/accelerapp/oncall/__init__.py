"""On-call: people, schedules, who is on call when, and whom a policy tells in which order."""
