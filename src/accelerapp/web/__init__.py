"""What every page and every API route shares: who is asking, how errors read, which headers go out."""
