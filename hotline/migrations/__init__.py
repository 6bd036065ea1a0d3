"""Schema migrations: one straight chain, run on SQLite and PostgreSQL alike."""
