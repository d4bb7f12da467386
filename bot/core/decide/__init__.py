"""Decides what becomes of a message: answer, obey, listen or ignore. Pure; nothing is stored or sent here."""
