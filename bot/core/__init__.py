"""Decides which messages are answered, when and with what. Does no I/O: opens no SDK, file or socket."""
