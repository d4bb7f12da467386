"""Tests of bot/store/ledger/."""
