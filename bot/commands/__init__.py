"""What the commands of threadbot do; cli.py parses and prints."""
