"""Texts, messages and buttons in Discord's markup. Pure: no call is made here."""
