"""Texts, blocks and views in Slack's markup. Pure: no call is made here."""
