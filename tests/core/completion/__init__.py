"""Tests of bot/core/completion/."""
