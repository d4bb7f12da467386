"""Tests of bot/store/changes/."""
