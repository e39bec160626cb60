"""Messages that go out to people and to other tools."""
