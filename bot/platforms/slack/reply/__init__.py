"""Shows an answer in a thread: posts, edits, streams, files. What it says is decided by the core."""
