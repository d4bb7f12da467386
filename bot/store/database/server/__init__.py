"""What a connection to a PostgreSQL server needs, directly or through a pooler, and how many there may be."""
