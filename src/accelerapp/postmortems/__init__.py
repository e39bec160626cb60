"""Post-mortems: what is written after an incident, and what is done so that it does not come again."""
