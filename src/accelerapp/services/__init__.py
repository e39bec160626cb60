"""The services that are operated."""
