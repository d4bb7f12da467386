"""Tests of bot/core/summary/."""
