"""The ways on which messages go out: interface.py and one file per way."""
