"""Local servers that behave as Slack, Discord and a model server do: see README.md. They know nothing of bot/."""
