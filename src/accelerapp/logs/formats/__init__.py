"""The formats of log lines: one file per family, tried in the order of `family.parse`."""
