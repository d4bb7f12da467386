"""Summarizes what the window has left behind, beside the turns. Never a part of answering a turn."""
