"""The native log kernel: one pass over bytes that finds records, their level and time, and counts them by skeleton.

The C sources stand beside this file; `hatch_build.py` compiles them when the package is built.
"""
