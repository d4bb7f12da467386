"""Threadbot: a chat bot whose threads are conversations. README.md shows the rooms of this package."""
