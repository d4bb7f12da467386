"""What people set in chat: which settings there are, in which words they are set, and what holds where. Pure."""
