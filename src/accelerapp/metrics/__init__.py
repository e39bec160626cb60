"""Measured values over time."""
