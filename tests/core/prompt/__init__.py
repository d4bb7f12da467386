"""Tests of bot/core/prompt/."""
