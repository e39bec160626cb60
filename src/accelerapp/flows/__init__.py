"""One file per procedure of the manual; each reads as prose."""
