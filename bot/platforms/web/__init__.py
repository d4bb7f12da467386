"""The playground: adapter.py is the bot's side, workspace/ the process of the page; they talk over loopback."""
