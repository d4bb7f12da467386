"""Turns Slack's payloads into events of the core. Pure: no call is made here."""
