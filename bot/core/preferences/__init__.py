"""Settings that people make in chat: which ones there are, their words, and which value holds where. Pure."""
