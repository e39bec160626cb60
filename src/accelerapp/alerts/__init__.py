"""Alerts: what comes in, what is made of it, and every decision with its reason."""
