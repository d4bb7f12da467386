"""Tests of the Slack stand-in itself, without bot/."""
