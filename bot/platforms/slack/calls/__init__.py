"""The calls of Slack's Web API, their errors and their limits. What is said with them is decided elsewhere."""
