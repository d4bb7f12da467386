"""Reads from Discord what no event told: channels, threads, files, names. Writes nothing there."""
