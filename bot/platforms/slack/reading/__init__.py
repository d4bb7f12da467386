"""Reads from Slack what no event told: channels, threads, files, names. Writes nothing there."""
