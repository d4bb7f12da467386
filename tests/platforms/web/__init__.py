"""Tests of the playground: the bot's side, the parent process and the page."""
