"""The scripts' door: the manual's import names."""
