"""What goes over the wire to a model server, and how much of what comes back is read. What it says is read outside."""
