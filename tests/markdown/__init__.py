"""Tests of bot/markdown: tables of cases, and properties that hold for any text."""
