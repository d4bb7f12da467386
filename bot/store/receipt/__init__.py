"""Reads rows for people: receipts, the list of turns; and the retry of a failed turn. Not part of answering."""
