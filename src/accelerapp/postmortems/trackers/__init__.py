"""Tools that keep issues, and can be given action items: one file per tool."""
