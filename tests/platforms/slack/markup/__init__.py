"""Tests of bot/platforms/slack/markup/."""
