"""Death at every step: the bot as a process that kills itself at a named checkpoint, and what must hold afterwards."""
