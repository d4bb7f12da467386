"""What a mention is, when it is answered and with what. Talks to nobody: the standard library only."""
