"""A small real web shop that sells books. Each release in `releases/` puts its parts together."""
