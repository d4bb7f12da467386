"""Tests of bot/core/receipt/."""
