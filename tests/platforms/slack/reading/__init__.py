"""Tests of bot/platforms/slack/reading/."""
