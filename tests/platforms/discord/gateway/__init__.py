"""The gateway of the stand-in, and our connection to it."""
