"""The playground: a chat page on this machine that needs no account."""
