"""Tests of bot/store/receipt/."""
