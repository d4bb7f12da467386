"""Tests of bot/platforms/slack/reply/."""
