"""Tests of bot/core/preferences/."""
