"""The calls of Discord's REST API against the stand-in."""
