"""Tests of bot/platforms/discord/reading/."""
