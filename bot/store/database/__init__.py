"""Connections, transactions, locks and migrations of SQLite and PostgreSQL. No table is read here."""
