"""The database: the only room that knows SQL. What the rows mean to the bot is decided by the core."""
