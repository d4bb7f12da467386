"""The doors to chat services."""
