"""The work of the commands of threadbot; cli.py parses and prints."""
