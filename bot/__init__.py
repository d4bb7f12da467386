"""Threadbot: a chat bot whose threads are conversations. docs/design.md shows the rooms of this package."""
