"""Tests of bot/platforms/slack/calls/."""
