"""What a mention is, when it is answered and with what. Talks to nobody: no SDK, no file, no socket is opened here."""
