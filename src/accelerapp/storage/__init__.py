"""The database: SQLite in the data folder, or PostgreSQL by address; the same tables on both."""
