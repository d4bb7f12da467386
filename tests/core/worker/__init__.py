"""Tests of bot/core/worker/."""
