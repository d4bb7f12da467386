"""Tests of bot/core/reply/."""
