"""Tests of bot/platforms/discord/incoming/."""
