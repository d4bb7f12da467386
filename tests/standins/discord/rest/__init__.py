"""The HTTP API v10 of the Discord stand-in, by the subjects of Discord's own pages."""
