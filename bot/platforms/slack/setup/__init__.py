"""Setting the app up and checking it: manifest, tokens, a trial post. Not used while the bot runs."""
