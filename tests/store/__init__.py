"""One conformance suite for every aggregate, run on SQLite and on a real PostgreSQL started here."""
