"""Where services run: one interface, one room per platform."""
