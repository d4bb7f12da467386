"""Shows an answer in a thread: posts, edits, streams, files. The core decides what the answer says."""
