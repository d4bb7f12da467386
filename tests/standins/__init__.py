"""Local servers that behave as Slack and as a model server do. They know nothing of bot/."""
