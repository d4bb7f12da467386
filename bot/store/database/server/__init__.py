"""Connections to a PostgreSQL server, directly or through a pooler: their options and their number."""
