"""What runs in the cluster: the objects, and the values that may be set in them."""
