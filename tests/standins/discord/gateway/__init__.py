"""The gateway of the Discord stand-in: sessions, what they are sent, and the sockets that carry it."""
