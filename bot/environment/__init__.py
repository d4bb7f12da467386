"""What stands in environment variables and in .env: reading it, and saying what is wrong. No setting is known here."""
