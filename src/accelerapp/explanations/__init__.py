"""Why something does not run, in sentences."""
