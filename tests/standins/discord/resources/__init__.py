"""The resources of Discord's API, each with its routes: messages, channels, threads, reactions, guilds, users."""
