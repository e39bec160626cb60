"""The one door to Kubernetes: configurations, calls, watches; every failure in a sentence."""
