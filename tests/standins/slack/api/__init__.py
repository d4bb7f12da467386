"""The Web API of the Slack stand-in, by subject; methods.py lists all of it."""
