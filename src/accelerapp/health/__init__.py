"""The health of a service: checks that each answer with a verdict, and one verdict over them."""
