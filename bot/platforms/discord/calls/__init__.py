"""The calls of Discord's REST API, their errors and their limits. What is said with them is decided elsewhere."""
