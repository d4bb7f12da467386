"""Everything that the Discord stand-in knows: people, guilds, channels, messages, and who may do what."""
