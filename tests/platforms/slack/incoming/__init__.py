"""Tests of bot/platforms/slack/incoming/."""
