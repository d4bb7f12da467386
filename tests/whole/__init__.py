"""The whole bot, in this process, between a Slack and a model server of our own: what a user gets."""
