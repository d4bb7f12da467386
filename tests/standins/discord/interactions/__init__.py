"""Application commands and interactions of the Discord stand-in: what people press and call, and what answers it."""
