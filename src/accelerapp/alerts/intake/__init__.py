"""How each kind of sender speaks: a file for each."""
