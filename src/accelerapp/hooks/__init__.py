"""The door for alerts that come in, under /hooks: no page and no API, an answer as each sender expects it."""
