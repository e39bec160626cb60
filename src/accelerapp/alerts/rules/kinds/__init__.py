"""Kinds of rules: one file each; `family` lists them."""
