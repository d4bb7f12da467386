"""Reads environment variables and .env, and says what is wrong with them. It knows no setting."""
