"""The public status page: components, what is told of incidents, planned maintenance, and how long it was up."""
