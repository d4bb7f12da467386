"""The sign that we work, and what threads are called. When to show it is decided by the core."""
