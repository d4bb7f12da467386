"""Summarizes the messages before the window, in the background. Answering a turn never waits for it."""
