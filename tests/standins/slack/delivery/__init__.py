"""The way of events to the app: Socket Mode or requests over HTTP, and what people press."""
