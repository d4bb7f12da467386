"""The Discord door, against the Discord stand-in."""
