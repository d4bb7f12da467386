"""Tests of bot/platforms/slack/status/."""
