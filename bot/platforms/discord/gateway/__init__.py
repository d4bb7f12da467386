"""The gateway: one connection that is kept, and what comes over it, in order. What it means is read in incoming/."""
