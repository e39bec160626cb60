"""One door each to the outside: PostgreSQL servers, HTTP, processes."""
