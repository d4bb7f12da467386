"""Shows an answer where it was asked: threads, posts, edits, files. What it says is decided by the core."""
