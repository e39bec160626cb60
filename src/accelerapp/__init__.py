"""Accelerapp runs the operations of a service."""

__version__ = "0.1.0"
