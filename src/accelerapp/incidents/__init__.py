"""Incidents: what an alert becomes when it stays."""
