"""Tests of the model server itself, without bot/."""
