"""Tests of bot/platforms/slack/setup/."""
