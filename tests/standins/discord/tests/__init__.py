"""The stand-in is as strict as Discord's documentation, so that what passes in it may pass there."""
