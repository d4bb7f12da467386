"""Tests of bot/core/decide/."""
