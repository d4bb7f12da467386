"""Markdown in, pieces out. Imports nothing of ours but itself; its parser is markdown-it-py."""
