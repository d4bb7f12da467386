"""Shows that the bot is at work, in the best form that the workspace has. Not the answer itself."""
